/** Keeps the screen on while `hold` is in force, and says when the browser does not let it. */
export class Awake {
  /** The browser refused, or cannot: the phone's own settings decide. */
  refused = $state(false);
  #lock: WakeLockSentinel | null = null;
  #wanted = false;

  /** Keeps the screen on from now on. */
  async hold(): Promise<void> {
    this.#wanted = true;
    if (!('wakeLock' in navigator)) {
      this.refused = true;
      return;
    }
    if (this.#lock && !this.#lock.released) return;
    try {
      this.#lock = await navigator.wakeLock.request('screen');
      this.refused = false;
    } catch {
      // A hidden page is always refused; it asks again when it is seen.
      this.refused = !document.hidden;
    }
  }

  /** The page is seen again: browsers let go of the lock when it was hidden. */
  async again(): Promise<void> {
    if (this.#wanted) await this.hold();
  }

  /** Lets the screen sleep again. */
  async release(): Promise<void> {
    this.#wanted = false;
    await this.#lock?.release().catch(() => undefined);
    this.#lock = null;
  }
}
