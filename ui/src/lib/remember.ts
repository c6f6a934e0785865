/**
 * What this browser keeps between visits. A browser may refuse to keep anything (private windows, full
 * storage): then values last as long as the page.
 */
const here = new Map<string, string>();

/** The value kept under `regie.<key>`, or `null`. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`regie.${key}`) ?? here.get(key) ?? null;
  } catch {
    return here.get(key) ?? null;
  }
}

/** Keeps a value under `regie.<key>`. */
export function remember(key: string, value: string): void {
  here.set(key, value);
  try {
    localStorage.setItem(`regie.${key}`, value);
  } catch {
    // The copy above serves this visit.
  }
}
