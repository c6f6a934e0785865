/** Nothing received for this long counts as silence, ms. */
const SILENCE = 3000;

/**
 * Whether the other end of a peer connection still speaks: bytes of any kind (RTCP, STUN) on the chosen pair.
 * A socket that died half-way, or a laptop out of reach, shows here long before the browser gives up.
 */
export class Alive {
  #bytes = -1;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  /** Notes the bytes received so far; says whether the other end spoke within the last three seconds. */
  note(bytes: number, now: number): boolean {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#since = now;
    }
    return now - this.#since < SILENCE;
  }
}

/** Bytes and answers received on all pairs of a connection: any increase is a sign of life. */
export function signsOfLife(stats: RTCStatsReport): number {
  let signs = 0;
  stats.forEach((entry: { type: string; bytesReceived?: number; responsesReceived?: number }) => {
    if (entry.type === 'candidate-pair') signs += (entry.bytesReceived ?? 0) + (entry.responsesReceived ?? 0);
  });
  return signs;
}
