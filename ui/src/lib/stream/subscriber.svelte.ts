import { Backoff } from '../backoff';
import { randomId } from '../random';
import { Alive, signsOfLife } from './alive';
import { wire, type ServerMessage } from './messages';
import { counters, judge, type Counters, type Quality } from './quality';
import { StreamSocket, type Closed } from './socket';

/** Where a viewer is. */
export type Watching =
  | { at: 'connecting' }
  | { at: 'playing' }
  | { at: 'reconnecting' }
  /** The régie is not there, or does not send. Tried again all the time. */
  | { at: 'waiting' }
  /** It will not work without somebody doing something. */
  | { at: 'ended'; reason: 'forbidden' | 'show_ended' | 'revoked' };

/** After this many failures in a row the page stops saying "one moment". */
const HOPEFUL = 3;

/** Watches the program: one session at a time, a fresh one whenever the last is lost. */
export class Subscriber {
  state = $state.raw<Watching>({ at: 'connecting' });
  /** What to show; `null` before the first picture's track. */
  stream = $state.raw<MediaStream | null>(null);
  quality = $state<Quality | null>(null);
  /** Lines of the picture as decoded. */
  height = $state(0);

  #socket: StreamSocket | null = null;
  #peer: RTCPeerConnection | null = null;
  #early: RTCIceCandidateInit[] = [];
  #backoff = new Backoff(300, 5000);
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval>;
  #alive: Alive | null = null;
  #before: (Counters & { at: number }) | null = null;
  #closed = false;

  constructor() {
    this.#watch = setInterval(() => void this.#look(), 1000);
    this.#connect();
  }

  /** Leaves. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    this.#drop();
  }

  /** Tries at once, as when the page is seen again. */
  hurry(): void {
    if (this.state.at !== 'reconnecting' && this.state.at !== 'waiting') return;
    this.#backoff.reset();
    this.#connect();
  }

  #connect(): void {
    clearTimeout(this.#retry);
    this.#drop();
    if (this.#closed) return;
    const viewerId = randomId();
    const socket = new StreamSocket({
      open: () => socket.say({ type: 'viewer', viewerId }),
      message: (message) => void this.#hear(message, socket, viewerId),
      closed: (why) => this.#lost(why),
    });
    this.#socket = socket;
  }

  #drop(): void {
    this.#socket?.close();
    this.#peer?.close();
    this.#socket = null;
    this.#peer = null;
    this.#alive = null;
    this.#before = null;
    this.#early = [];
    this.quality = null;
  }

  #lost(why: Closed): void {
    this.#drop();
    if (this.#closed) return;
    if (why === 'forbidden') {
      this.state = { at: 'ended', reason: 'forbidden' };
      return;
    }
    this.#failures += 1;
    this.state = { at: this.#failures > HOPEFUL ? 'waiting' : this.stream ? 'reconnecting' : 'connecting' };
    this.#retry = setTimeout(() => this.#connect(), this.#backoff.next());
  }

  async #hear(message: ServerMessage, socket: StreamSocket, viewerId: string): Promise<void> {
    try {
      if (message.type === 'offer') await this.#answer(message.offer, socket, viewerId);
      else if (message.type === 'candidate') await this.#meet(message.candidate);
      else if (message.type === 'bye') this.#bye(message.reason);
      else if (message.type === 'error' && message.code === 'full') this.#lost('crowded');
    } catch {
      if (this.#socket === socket) this.#lost('lost');
    }
  }

  #bye(reason: string): void {
    if (reason !== 'show_ended' && reason !== 'revoked') return this.#lost('lost');
    this.#drop();
    this.state = { at: 'ended', reason };
    // The same show often starts again; somebody who left the page open should find it.
    if (reason === 'show_ended') this.#retry = setTimeout(() => this.#connect(), 5000);
  }

  async #answer(offer: RTCSessionDescriptionInit, socket: StreamSocket, viewerId: string): Promise<void> {
    this.#peer?.close();
    const peer = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' });
    this.#peer = peer;
    const stream = new MediaStream();
    peer.ontrack = ({ track, receiver }) => {
      // The program is live: every millisecond kept in a buffer is one too many.
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
      if ('playoutDelayHint' in receiver) receiver.playoutDelayHint = 0;
      stream.addTrack(track);
      this.stream = stream;
    };
    peer.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) {
        socket.say({ type: 'candidate', candidate: wire(candidate), target: 'streamer', viewerId });
      }
    };
    peer.onconnectionstatechange = () => {
      if (this.#peer !== peer) return;
      if (peer.connectionState === 'connected') {
        this.#alive = new Alive(performance.now());
        this.#backoff.reset();
        this.#failures = 0;
        this.state = { at: 'playing' };
      } else if (peer.connectionState === 'failed') this.#lost('lost');
    };
    await peer.setRemoteDescription(offer);
    await peer.setLocalDescription(await peer.createAnswer());
    for (const candidate of this.#early.splice(0)) await peer.addIceCandidate(candidate).catch(() => undefined);
    const { type, sdp } = peer.localDescription ?? { type: 'answer', sdp: '' };
    socket.say({ type: 'answer', answer: { type, sdp }, viewerId });
  }

  async #meet(candidate: RTCIceCandidateInit): Promise<void> {
    if (!this.#peer?.remoteDescription) this.#early.push(candidate);
    else await this.#peer.addIceCandidate(candidate).catch(() => undefined);
  }

  async #look(): Promise<void> {
    const peer = this.#peer;
    if (!peer || peer.connectionState !== 'connected') return;
    const stats = await peer.getStats();
    if (this.#peer !== peer) return;
    const now = performance.now();
    if (this.#alive && this.#alive.note(signsOfLife(stats), now) !== 'speaks') return this.#lost('lost');
    const found = counters(stats);
    if (!found) return;
    if (this.#before) this.quality = judge(this.#before, found, (now - this.#before.at) / 1000);
    this.height = found.height;
    this.#before = { ...found, at: now };
  }
}
