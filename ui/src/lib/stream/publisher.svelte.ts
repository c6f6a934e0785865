import type { Tally } from '../generated/Tally';
import { Backoff } from '../backoff';
import { randomId } from '../random';
import { recall, remember } from '../remember';
import { CaptureError, canFlip, capture, captureVideo, type Facing, type NoCapture } from './capture';
import type { ServerMessage } from './messages';
import type { Closed } from './socket';
import { Uplink } from './uplink';

/** Why the phone is out for good. */
export type Ending = 'removed' | 'replaced' | 'full' | 'revoked' | 'show_ended' | 'left';

/** Where the phone is in its life; one at a time. */
export type Phase =
  /** The person has not asked to join. */
  | { at: 'join' }
  /** The browser is asking the person. */
  | { at: 'asking' }
  /** There is no camera to send. */
  | { at: 'refused'; why: NoCapture }
  /** First connection under way. */
  | { at: 'connecting' }
  /** Pictures reach the régie. `silent`: no word from it for three seconds, so the tally may be untrue. */
  | { at: 'live'; tally: Tally; silent: boolean }
  /** The connection was lost; another is being made. */
  | { at: 'reconnecting'; since: number }
  /** The régie let the phone go, or the person left. */
  | { at: 'ended'; reason: Ending };

const ENDINGS: readonly string[] = ['removed', 'replaced', 'full', 'revoked', 'show_ended'];

function device(): string {
  const kept = recall('device');
  if (kept && /^[\w.:-]{1,64}$/.test(kept)) return kept;
  const made = randomId();
  remember('device', made);
  return made;
}

/** A phone as camera: asks for the camera, sends it, keeps sending it, and knows whether it is on air. */
export class Publisher {
  phase = $state.raw<Phase>({ at: 'join' });
  name = $state(recall('name') ?? '');
  /** The picture being sent, to be shown behind the words. */
  stream = $state.raw<MediaStream | null>(null);
  facing = $state<Facing>(recall('facing') === 'user' ? 'user' : 'environment');
  /** Leave the sound as it is: no automatic level. */
  music = $state(recall('music') === 'yes');
  muted = $state(false);
  hasSound = $state(false);
  mayFlip = $state(false);

  #uplink: Uplink | null = null;
  #tally: Tally = 'off';
  #backoff = new Backoff();
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** Asks for the camera and joins; call it from a press, or some browsers do not ask. */
  async join(): Promise<void> {
    remember('name', this.name.trim());
    remember('music', this.music ? 'yes' : 'no');
    this.#stop();
    this.phase = { at: 'asking' };
    try {
      this.stream = await capture({ facing: this.facing, music: this.music });
    } catch (error) {
      this.phase = { at: 'refused', why: error instanceof CaptureError ? error.why : 'busy' };
      return;
    }
    this.muted = false;
    this.hasSound = this.stream.getAudioTracks().length > 0;
    this.mayFlip = await canFlip().catch(() => false);
    this.phase = { at: 'connecting' };
    this.#connect();
  }

  /** Back to the start, as the refused screen's second way out. */
  restart(): void {
    this.#stop();
    this.phase = { at: 'join' };
  }

  /** Leaves the show on purpose. */
  leave(): void {
    this.#uplink?.close(true);
    this.#finish('left');
  }

  /** Turns the microphone off or on; the track stays, so nothing is renegotiated. */
  mute(): void {
    this.muted = !this.muted;
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = !this.muted;
  }

  /** Looks the other way. */
  async flip(): Promise<void> {
    const stream = this.stream;
    if (!stream) return;
    const wanted: Facing = this.facing === 'user' ? 'environment' : 'user';
    for (const track of stream.getVideoTracks()) {
      track.stop();
      stream.removeTrack(track);
    }
    try {
      await this.#show(await captureVideo(wanted));
      this.facing = wanted;
      remember('facing', wanted);
    } catch {
      await this.#reopen();
    }
  }

  /** The page is seen again: a phone takes the camera away from pages it has hidden. */
  async awake(): Promise<void> {
    const track = this.stream?.getVideoTracks()[0];
    if (track?.readyState === 'ended') await this.#reopen();
    if (this.phase.at === 'reconnecting') {
      this.#backoff.reset();
      this.#connect();
    }
  }

  async #reopen(): Promise<void> {
    try {
      await this.#show(await captureVideo(this.facing));
    } catch {
      this.#stop();
      this.phase = { at: 'refused', why: 'busy' };
    }
  }

  async #show(track: MediaStreamTrack): Promise<void> {
    const stream = this.stream;
    if (!stream) return track.stop();
    for (const old of stream.getVideoTracks()) stream.removeTrack(old);
    stream.addTrack(track);
    await this.#uplink?.replace(track);
    // A new object makes the picture behind the words follow.
    this.stream = new MediaStream(stream.getTracks());
  }

  #connect(): void {
    const stream = this.stream;
    if (!stream) return;
    clearTimeout(this.#retry);
    this.#uplink?.close();
    this.#tally = 'off';
    const me = { deviceId: device(), name: this.name.trim(), resume: recall('resume') };
    this.#uplink = new Uplink(stream, me, {
      message: (message) => this.#hear(message),
      connected: () => {
        this.#backoff.reset();
        this.phase = { at: 'live', tally: this.#tally, silent: false };
      },
      silent: (silent) => {
        if (this.phase.at === 'live' && this.phase.silent !== silent) this.phase = { ...this.phase, silent };
      },
      ended: (why) => this.#lost(why),
    });
  }

  #hear(message: ServerMessage): void {
    if (message.type === 'welcome' && message.resume) remember('resume', message.resume);
    else if (message.type === 'tally') {
      this.#tally = message.state;
      if (this.phase.at === 'live') this.phase = { ...this.phase, tally: message.state };
    } else if (message.type === 'bye' && ENDINGS.includes(message.reason)) this.#finish(message.reason as Ending);
    else if (message.type === 'error' && ENDINGS.includes(message.code)) this.#finish(message.code as Ending);
  }

  #lost(why: Closed): void {
    if (why === 'forbidden') return this.#finish('revoked');
    if (this.phase.at !== 'reconnecting') this.phase = { at: 'reconnecting', since: Date.now() };
    this.#retry = setTimeout(() => this.#connect(), this.#backoff.next());
  }

  #finish(reason: Ending): void {
    this.#stop();
    this.phase = { at: 'ended', reason };
  }

  #stop(): void {
    clearTimeout(this.#retry);
    this.#uplink?.close();
    this.#uplink = null;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }
}
