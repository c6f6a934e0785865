import { Alive, signsOfLife } from './alive';
import { wire, type ServerMessage } from './messages';
import { preferred, withStartBitrate } from './sdp';
import { StreamSocket, type Closed } from './socket';

/** Video never goes above this, bit/s. */
const MAX_BITRATE = 2_500_000;
/** Where the bandwidth estimate starts, kbit/s. */
const START_KBPS = 2_000;
/** The longer side of what is sent, pixels; a camera that gives more is scaled. */
const LONG_SIDE = 1280;

/** What the phone says of itself when it arrives. */
export type Introduction = { deviceId: string; name: string; resume: string | null };

/** What an uplink tells its owner. */
export type UplinkHandlers = {
  message: (message: ServerMessage) => void;
  connected: () => void;
  /** No word from the régie for three seconds, or words again. */
  silent: (silent: boolean) => void;
  /** It is over; the owner makes another. Not called after `close()`. */
  ended: (why: Closed) => void;
};

/**
 * One session of a phone: a socket and a peer connection that live and die together. A lost one is never
 * mended, the next is a fresh one; the régie knows the phone again by `deviceId` and `resume`.
 */
export class Uplink {
  #socket: StreamSocket;
  #peer: RTCPeerConnection | null = null;
  #senders = new Map<string, RTCRtpSender>();
  #early: RTCIceCandidateInit[] = [];
  #over = false;
  #watch: ReturnType<typeof setInterval>;
  #alive = new Alive(performance.now());

  constructor(
    private readonly stream: MediaStream,
    me: Introduction,
    private readonly on: UplinkHandlers,
  ) {
    this.#socket = new StreamSocket({
      open: () =>
        this.#socket.say({
          type: 'streamer',
          protocol: 1,
          deviceId: me.deviceId,
          name: me.name,
          ...(me.resume ? { resume: me.resume } : {}),
        }),
      message: (message) => void this.#hear(message),
      closed: (why) => this.#end(why),
    });
    this.#watch = setInterval(() => void this.#listen(), 500);
  }

  /** Sends another track of the same kind from now on, as after a flip. */
  async replace(track: MediaStreamTrack): Promise<void> {
    const sender = this.#senders.get(track.kind);
    await sender?.replaceTrack(track);
    if (sender && track.kind === 'video') await bound(sender, track);
  }

  /** Leaves; `goodbye` says so to the régie first. */
  close(goodbye = false): void {
    if (goodbye) this.#socket.say({ type: 'bye' });
    this.#over = true;
    clearInterval(this.#watch);
    this.#socket.close();
    this.#peer?.close();
  }

  #end(why: Closed): void {
    if (this.#over) return;
    this.close();
    this.on.ended(why);
  }

  async #hear(message: ServerMessage): Promise<void> {
    try {
      if (message.type === 'newViewer') await this.#offer(message.viewerId);
      else if (message.type === 'answer') await this.#accept(message.answer);
      else if (message.type === 'candidate') await this.#meet(message.candidate);
      else this.on.message(message);
    } catch {
      // A description this browser cannot take: a fresh session is the only cure.
      this.#end('lost');
    }
  }

  async #offer(viewer: string | number): Promise<void> {
    this.#peer?.close();
    this.#early = [];
    const peer = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' });
    this.#peer = peer;
    peer.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) {
        this.#socket.say({ type: 'candidate', candidate: wire(candidate), target: 'viewer', viewerId: viewer });
      }
    };
    peer.onconnectionstatechange = () => {
      if (this.#peer !== peer) return;
      if (peer.connectionState === 'connected') {
        this.#alive = new Alive(performance.now());
        // Safari knows its encodings only now.
        const sender = this.#senders.get('video');
        if (sender?.track) void bound(sender, sender.track);
        this.on.connected();
      } else if (peer.connectionState === 'disconnected') this.on.silent(true);
      else if (peer.connectionState === 'failed') this.#end('lost');
    };
    for (const track of this.stream.getTracks()) {
      const transceiver = peer.addTransceiver(track, { direction: 'sendonly', streams: [this.stream] });
      this.#senders.set(track.kind, transceiver.sender);
      if (track.kind === 'video') prefer(transceiver);
    }
    await peer.setLocalDescription(await peer.createOffer());
    const sender = this.#senders.get('video');
    const track = sender?.track;
    if (sender && track) await bound(sender, track);
    const { type, sdp } = peer.localDescription ?? { type: 'offer', sdp: '' };
    this.#socket.say({ type: 'offer', offer: { type, sdp }, viewerId: viewer });
  }

  async #accept(answer: RTCSessionDescriptionInit): Promise<void> {
    const peer = this.#peer;
    if (!peer || peer.signalingState !== 'have-local-offer') return;
    await peer.setRemoteDescription({ type: 'answer', sdp: withStartBitrate(answer.sdp ?? '', START_KBPS) });
    for (const candidate of this.#early.splice(0)) await peer.addIceCandidate(candidate).catch(() => undefined);
  }

  async #meet(candidate: RTCIceCandidateInit): Promise<void> {
    const peer = this.#peer;
    if (!peer) return;
    if (!peer.remoteDescription) this.#early.push(candidate);
    // One address that cannot be used is no reason to lose the others.
    else await peer.addIceCandidate(candidate).catch(() => undefined);
  }

  async #listen(): Promise<void> {
    const peer = this.#peer;
    if (!peer || peer.connectionState !== 'connected') return;
    const signs = signsOfLife(await peer.getStats());
    if (this.#over || this.#peer !== peer) return;
    const life = this.#alive.note(signs, performance.now());
    if (life === 'dead') this.#end('lost');
    else this.on.silent(life === 'silent');
  }
}

function prefer(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpSender.getCapabilities?.('video')?.codecs;
  if (!codecs || !('setCodecPreferences' in transceiver)) return;
  const order = preferred(codecs);
  try {
    if (order.length) transceiver.setCodecPreferences(order);
  } catch {
    // The browser's own order serves as well.
  }
}

/** Bounds what a sender uses; keeps the size of the picture and lets its rate give way when the link is short. */
async function bound(sender: RTCRtpSender, track: MediaStreamTrack): Promise<void> {
  const { width = 0, height = 0 } = track.getSettings();
  const parameters = sender.getParameters();
  const encoding = parameters.encodings?.[0];
  if (!encoding) return;
  encoding.maxBitrate = MAX_BITRATE;
  encoding.scaleResolutionDownBy = Math.max(1, Math.max(width, height) / LONG_SIDE);
  parameters.degradationPreference = 'maintain-resolution';
  try {
    await sender.setParameters(parameters);
  } catch {
    // Some browsers refuse one field or another; unbounded pictures are better than none.
  }
}
