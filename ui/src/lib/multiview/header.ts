/** One picture of the multiview as it crosses the socket. */
export type Frame = {
  /** `h264`: an access unit in Annex B. `jpeg`: a file. */
  codec: 'h264' | 'jpeg';
  /** Whether it can be shown without the ones before it. */
  key: boolean;
  /** Counts up by one; wraps at 2³². */
  counter: number;
  /** When the mixer made it, µs since 1970 on the laptop's clock. */
  atUs: number;
  /** The picture itself. */
  data: Uint8Array<ArrayBuffer>;
};

const HEADER = 16;

/** Reads the 16-byte header (big endian) and the picture behind it; `null` where it is none of ours. */
export function readFrame(message: ArrayBuffer): Frame | null {
  if (message.byteLength <= HEADER) return null;
  const view = new DataView(message);
  const codec = view.getUint8(0);
  if (codec !== 1 && codec !== 2) return null;
  return {
    codec: codec === 1 ? 'h264' : 'jpeg',
    key: (view.getUint8(1) & 1) === 1,
    counter: view.getUint32(4),
    atUs: view.getUint32(8) * 2 ** 32 + view.getUint32(12),
    data: new Uint8Array(message, HEADER),
  };
}

/**
 * The codec string that WebCodecs wants, read from the sequence parameter set (NAL unit type 7) of an Annex B
 * access unit; `null` where it has none.
 */
export function codecOf(data: Uint8Array): string | null {
  for (let i = 0; i + 6 < data.length; i++) {
    if (data[i] !== 0 || data[i + 1] !== 0 || data[i + 2] !== 1) continue;
    if ((data[i + 3]! & 0x1f) !== 7) continue;
    const hex = [data[i + 4]!, data[i + 5]!, data[i + 6]!].map((byte) => byte.toString(16).padStart(2, '0'));
    return `avc1.${hex.join('')}`;
  }
  return null;
}
