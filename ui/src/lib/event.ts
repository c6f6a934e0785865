/** The event's name as everybody may know it; `null` where the server does not answer. */
export async function eventName(): Promise<string | null> {
  try {
    const answer = await fetch('/api/v1/event', { cache: 'no-store' });
    if (!answer.ok) return null;
    const { name } = (await answer.json()) as { name?: unknown };
    return typeof name === 'string' ? name : null;
  } catch {
    return null;
  }
}
