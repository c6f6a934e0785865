/** Over how many frames ages are judged. */
const SPAN = 60;

/**
 * How old frames are when they reach the screen. The page may run on another machine whose clock differs, so
 * the youngest frame seen so far counts as fresh, and ages are counted from it. Where the clocks agree (`same`)
 * ages are absolute.
 */
export class FrameAge {
  #ages: number[] = [];
  #youngest = Infinity;

  constructor(private readonly same: boolean) {}

  /** Notes a frame shown at `nowUs` that the mixer made at `atUs`. Both µs since 1970. */
  note(atUs: number, nowUs: number): void {
    const age = (nowUs - atUs) / 1000;
    this.#youngest = Math.min(this.#youngest, age);
    this.#ages.push(this.same ? age : age - this.#youngest);
    if (this.#ages.length > SPAN) this.#ages.shift();
  }

  /** The median age in ms over the last two seconds at 30 frames a second; `null` before there are enough. */
  median(): number | null {
    if (this.#ages.length < SPAN / 2) return null;
    const sorted = [...this.#ages].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? null;
  }

  /** Starts over, as after a change of codec. */
  reset(): void {
    this.#ages = [];
  }
}
