/** How well the program arrives. */
export type Quality = 'good' | 'fair' | 'poor';

/** Counters of the incoming video, as `getStats` gives them; all only grow. */
export type Counters = { decoded: number; lost: number; received: number; freezes: number };

/** Reads the counters of the incoming video; `null` before there is one. */
export function counters(stats: RTCStatsReport): (Counters & { height: number }) | null {
  let found: (Counters & { height: number }) | null = null;
  stats.forEach((entry) => {
    if (entry.type !== 'inbound-rtp' || entry.kind !== 'video') return;
    found = {
      decoded: entry.framesDecoded ?? 0,
      lost: entry.packetsLost ?? 0,
      received: entry.packetsReceived ?? 0,
      freezes: entry.freezeCount ?? 0,
      height: entry.frameHeight ?? 0,
    };
  });
  return found;
}

/** Judges the time between two readings, `seconds` apart. */
export function judge(before: Counters, after: Counters, seconds: number): Quality {
  const fps = (after.decoded - before.decoded) / seconds;
  const packets = after.received - before.received;
  const lost = Math.max(0, after.lost - before.lost) / Math.max(1, packets);
  if (fps < 10 || lost > 0.1 || after.freezes > before.freezes + 1) return 'poor';
  return fps < 20 || lost > 0.02 || after.freezes > before.freezes ? 'fair' : 'good';
}
