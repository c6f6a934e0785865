import { socketAddress } from '../address';
import { Backoff } from '../backoff';
import { FrameAge } from './age';
import { canH264, h264, jpeg, type Decoder, type Shown } from './decode';
import { readFrame } from './header';

type Codec = 'h264' | 'jpeg';

/** H.264 older than this at the screen (ms) gives way to JPEG. */
const OLD = 120;
/** Without a picture for this long (ms) the multiview counts as standing still. */
const STILL = 1500;

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * The multiview on a canvas. It opens its own socket, chooses H.264 or JPEG, draws the latest picture at each
 * screen refresh and drops every other. H.264 that fails, shows nothing or shows the past gives way to JPEG for
 * the rest of the visit.
 */
export class MultiviewPlayer {
  /** Whether pictures arrive. */
  moving = $state(false);
  /** What carries the pictures now. */
  codec = $state<Codec | null>(null);
  /** Median age of a picture when it is drawn, ms; `null` while unknown. */
  ageMs = $state<number | null>(null);

  #canvas: HTMLCanvasElement;
  #used: { width: number; height: number };
  #latest: Shown | null = null;
  #socket: WebSocket | null = null;
  #decoder: Decoder | null = null;
  #age = new FrameAge(LOOPBACK.test(location.hostname));
  #backoff = new Backoff();
  #refresh = 0;
  #watch = 0;
  #retry = 0;
  #lastDrawn = 0;
  #received = 0;
  #drawn = 0;
  #h264Failed = false;
  /** Connections in a row that brought no picture. */
  #blanks = 0;
  #closed = false;

  /** Draws on `canvas` the upper left `used` pixels of the mosaic: rows that no tile uses stay away. */
  constructor(canvas: HTMLCanvasElement, used: { width: number; height: number }) {
    this.#canvas = canvas;
    this.#used = used;
    this.#refresh = requestAnimationFrame(this.#draw);
    this.#watch = window.setInterval(this.#judge, 500);
    void this.#connect();
  }

  /** Another part of the mosaic is in use. */
  use(used: { width: number; height: number }): void {
    this.#used = used;
  }

  /** Ends the socket, the decoder and the drawing. */
  close(): void {
    this.#closed = true;
    cancelAnimationFrame(this.#refresh);
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    this.#disconnect();
    this.#latest?.image.close();
    this.#latest = null;
  }

  async #connect(): Promise<void> {
    const wanted = !this.#h264Failed && this.#blanks % 4 < 2;
    const codec: Codec = wanted && (await canH264()) ? 'h264' : 'jpeg';
    if (this.#closed) return;
    this.codec = codec;
    this.#age.reset();
    this.#received = 0;
    this.#drawn = 0;
    const shown = (picture: Shown) => {
      this.#latest?.image.close();
      this.#latest = picture;
    };
    this.#decoder = codec === 'h264' ? h264(shown, () => this.#fallBack()) : jpeg(shown, () => this.#again());
    const socket = new WebSocket(socketAddress('/control', { multiview: codec }));
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer) || this.#socket !== socket) return;
      const frame = readFrame(data);
      if (!frame || frame.codec !== codec) return;
      this.#received += 1;
      this.#backoff.reset();
      try {
        this.#decoder?.take(frame);
      } catch {
        if (codec === 'h264') this.#fallBack();
      }
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#again();
    };
  }

  #disconnect(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#decoder?.close();
    this.#decoder = null;
  }

  #again(): void {
    // A core that does not send H.264 closes at once: after two such times the other way is tried, and back.
    this.#blanks = this.#received === 0 ? this.#blanks + 1 : 0;
    this.#disconnect();
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = window.setTimeout(() => void this.#connect(), this.#backoff.next());
  }

  #fallBack(): void {
    if (this.#closed || this.#h264Failed) return;
    this.#h264Failed = true;
    this.#disconnect();
    void this.#connect();
  }

  #draw = (): void => {
    this.#refresh = requestAnimationFrame(this.#draw);
    const shown = this.#latest;
    if (!shown) return;
    this.#latest = null;
    const { width, height } = this.#used;
    const canvas = this.#canvas;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    // At its own size, the canvas cutting off what is not used: WebKitGTK passes over the source rectangle of a
    // VideoFrame and would press the whole mosaic into the used part.
    canvas.getContext('2d', { alpha: false, desynchronized: true })?.drawImage(shown.image, 0, 0);
    shown.image.close();
    this.#age.note(shown.atUs, Date.now() * 1000);
    this.#lastDrawn = performance.now();
    this.#drawn += 1;
  };

  #judge = (): void => {
    this.moving = this.#drawn > 0 && performance.now() - this.#lastDrawn < STILL;
    this.ageMs = this.#age.median();
    // What a test or a bench reads off the page.
    const { dataset } = this.#canvas;
    dataset.codec = this.codec ?? '';
    dataset.drawn = String(this.#drawn);
    dataset.ageMs = this.ageMs === null ? '' : this.ageMs.toFixed(1);
    if (this.codec !== 'h264' || document.hidden) return;
    const blind = this.#received > 60 && this.#drawn === 0;
    const old = this.ageMs !== null && this.ageMs > OLD;
    if (blind || old) this.#fallBack();
  };
}
