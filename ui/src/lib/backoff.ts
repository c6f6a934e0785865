/** Waits between attempts: short at first, so that a blink is hardly seen, then never above `most` ms. */
export class Backoff {
  #attempt = 0;

  constructor(
    private readonly first = 250,
    private readonly most = 4000,
  ) {}

  /** Milliseconds to wait before the next attempt; a fifth is chance, so that phones do not come in step. */
  next(chance: number = Math.random()): number {
    const wait = Math.min(this.most, this.first * 2 ** this.#attempt);
    this.#attempt += 1;
    return Math.round(wait * (0.9 + 0.2 * chance));
  }

  /** The connection stands: the next loss starts from short waits again. */
  reset(): void {
    this.#attempt = 0;
  }
}
