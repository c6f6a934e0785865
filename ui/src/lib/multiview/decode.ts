import { codecOf, type Frame } from './header';

/** A picture ready to be drawn, and when the mixer made it. */
export type Shown = { image: VideoFrame | ImageBitmap; atUs: number };

/** Turns frames into pictures, keeping none back. */
export interface Decoder {
  /** Takes a frame; pictures come out by the callback given at the start. */
  take(frame: Frame): void;
  /** Frees everything. */
  close(): void;
}

/** Whether this browser decodes the multiview's H.264 here: it does so only in a secure context. */
export async function canH264(): Promise<boolean> {
  if (!globalThis.isSecureContext || !('VideoDecoder' in globalThis)) return false;
  try {
    const { supported } = await VideoDecoder.isConfigSupported({ codec: 'avc1.42e01f', optimizeForLatency: true });
    return supported === true;
  } catch {
    return false;
  }
}

/** H.264 by WebCodecs. `onFail` is called once, when the decoder gives up. */
export function h264(onPicture: (shown: Shown) => void, onFail: (why: string) => void): Decoder {
  let configured = '';
  const decoder = new VideoDecoder({
    output: (image) => onPicture({ image, atUs: image.timestamp }),
    error: (error) => onFail(error.message),
  });
  return {
    take(frame) {
      if (decoder.state === 'closed') return;
      if (frame.key) {
        const codec = codecOf(frame.data);
        if (codec && codec !== configured) {
          decoder.configure({ codec, optimizeForLatency: true });
          configured = codec;
        }
      }
      if (!configured) return;
      // A decoder that cannot keep up would show the past: what waits is dropped and the next key frame starts anew.
      if (decoder.decodeQueueSize > 8) {
        decoder.reset();
        configured = '';
        return;
      }
      decoder.decode(
        new EncodedVideoChunk({ type: frame.key ? 'key' : 'delta', timestamp: frame.atUs, data: frame.data }),
      );
    },
    close() {
      if (decoder.state !== 'closed') decoder.close();
    },
  };
}

/** JPEG by `createImageBitmap`, one at a time: of the frames that come meanwhile only the latest is kept. */
export function jpeg(onPicture: (shown: Shown) => void, onFail: (why: string) => void): Decoder {
  let busy = false;
  let next: Frame | null = null;
  let failed = 0;
  let closed = false;
  const decode = async (frame: Frame) => {
    busy = true;
    try {
      const image = await createImageBitmap(new Blob([frame.data], { type: 'image/jpeg' }));
      if (closed) image.close();
      else onPicture({ image, atUs: frame.atUs });
      failed = 0;
    } catch {
      if (++failed > 10 && !closed) onFail('pictures cannot be read');
    }
    busy = false;
    const waiting = next;
    next = null;
    if (waiting && !closed) void decode(waiting);
  };
  return {
    take(frame) {
      if (busy) next = frame;
      else void decode(frame);
    },
    close() {
      closed = true;
      next = null;
    },
  };
}
