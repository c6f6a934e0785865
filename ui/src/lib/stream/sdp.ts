/**
 * Tells Chromium's bandwidth estimate where to start, so that 720p comes from the first frame: it reads
 * `x-google-start-bitrate` (kbit/s) from the answer's video `fmtp` lines. Other browsers ignore it.
 */
export function withStartBitrate(answer: string, kbps: number): string {
  const [session, ...media] = answer.split(/(?=^m=)/m);
  return [session, ...media.map((part) => (part.startsWith('m=video') ? started(part, kbps) : part))].join('');
}

function started(part: string, kbps: number): string {
  if (part.includes('x-google-start-bitrate')) return part;
  const main = part.match(/^a=rtpmap:(\d+) (?:H264|VP8|VP9|AV1)\/90000/im)?.[1];
  if (!main) return part;
  const fmtp = new RegExp(`^(a=fmtp:${main} [^\\r\\n]*)`, 'm');
  if (fmtp.test(part)) return part.replace(fmtp, `$1;x-google-start-bitrate=${kbps}`);
  const map = new RegExp(`^(a=rtpmap:${main} [^\\r\\n]*)(\\r?\\n)`, 'm');
  return part.replace(map, `$1$2a=fmtp:${main} x-google-start-bitrate=${kbps}$2`);
}

/** The part of a codec that decides its order. */
type Codec = { mimeType: string; sdpFmtpLine?: string };

function rank({ mimeType, sdpFmtpLine = '' }: Codec): number {
  const name = mimeType.toLowerCase();
  if (name === 'video/h264') {
    // Mode 0 forbids a picture larger than one packet.
    if (!sdpFmtpLine.includes('packetization-mode=1')) return 3;
    return /profile-level-id=42e0/i.test(sdpFmtpLine) ? 0 : 1;
  }
  if (name === 'video/vp8') return 2;
  return name === 'video/rtx' ? 4 : Infinity;
}

/**
 * The codecs to offer: H.264 constrained baseline first, because phones encode it in hardware, then other
 * H.264, then VP8, and retransmission. The rest is left out: the régie would only refuse it.
 */
export function preferred<C extends Codec>(codecs: readonly C[]): C[] {
  return codecs
    .filter((codec) => rank(codec) !== Infinity)
    .sort((a, b) => rank(a) - rank(b));
}
