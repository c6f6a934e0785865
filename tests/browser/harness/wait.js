// Waiting for a state, never for a time: a wait that fails says what it saw last.

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks `probe` until what it gives is truthy and returns that.
 * @param what      a sentence for the failure: "Léa is live"
 * @param probe     async () => anything; an exception counts as "not yet"
 * @param options   ms: how long to wait; saw: async () => what to print on failure; every: ms between two looks
 */
export async function eventually(what, probe, { ms = 20_000, every = 50, saw } = {}) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      last = await probe();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) break;
    await pause(every);
  }
  const seen = saw ? await Promise.resolve().then(saw).catch(String) : last;
  const text = seen instanceof Error ? seen.message : typeof seen === 'string' ? seen : JSON.stringify(seen, null, 1);
  throw new Error(`${what}: not within ${ms} ms. Seen: ${(text ?? 'nothing').slice(0, 3000)}`);
}

/** The value of rank `p` (0 to 1) of a list of numbers. */
export function rank(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)];
}
