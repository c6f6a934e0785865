/** Nothing received for this long counts as silence, ms. */
const SILENCE = 3000;
/** After this long the régie has ended its side for certain: only a fresh session helps, ms. */
const DEAD = 5000;

/** How the other end is. */
export type Life = 'speaks' | 'silent' | 'dead';

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

  /** Notes the bytes received so far; says how the other end is. */
  note(bytes: number, now: number): Life {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#since = now;
    }
    const silence = now - this.#since;
    return silence < SILENCE ? 'speaks' : silence < DEAD ? 'silent' : 'dead';
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
