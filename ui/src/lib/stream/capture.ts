/** Which way the camera looks. */
export type Facing = 'environment' | 'user';

/** Why there is no picture to send. */
export type NoCapture = 'denied' | 'missing' | 'busy';

/** What to ask the camera and the microphone for. */
export type Wish = { facing: Facing; music: boolean };

/** Carries the reason out of `capture`. */
export class CaptureError extends Error {
  constructor(readonly why: NoCapture) {
    super(why);
  }
}

function video(facing: Facing): MediaTrackConstraints {
  return {
    facingMode: { ideal: facing },
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30, max: 30 },
  };
}

/**
 * Nothing is played on the phone, so there is no echo to cancel; noise suppression takes a hall's life out of the
 * sound. The automatic level helps quiet voices and spoils music: it is the one thing to choose.
 */
function audio(music: boolean): MediaTrackConstraints {
  return { echoCancellation: false, noiseSuppression: false, autoGainControl: !music };
}

function why(error: unknown): NoCapture {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'missing' : 'busy';
}

/** Whether only the microphone stands in the way: then the picture alone is worth sending. */
async function onlyMicrophone(reason: NoCapture): Promise<boolean> {
  if (reason !== 'denied') return true;
  try {
    const state = await navigator.permissions.query({ name: 'camera' as PermissionName });
    return state.state === 'granted';
  } catch {
    return false;
  }
}

/** Camera and microphone; the camera alone where the microphone is missing or refused. */
export async function capture({ facing, music }: Wish): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ video: video(facing), audio: audio(music) });
  } catch (first) {
    if (!(await onlyMicrophone(why(first)))) throw new CaptureError(why(first));
    try {
      return await navigator.mediaDevices.getUserMedia({ video: video(facing) });
    } catch (second) {
      throw new CaptureError(why(second));
    }
  }
}

/** The camera alone, looking another way. Most phones open one camera at a time: stop the other first. */
export async function captureVideo(facing: Facing): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: video(facing) });
  const track = stream.getVideoTracks()[0];
  if (!track) throw new CaptureError('missing');
  return track;
}

/** Whether there is a second camera to flip to. Labels and counts are told only after a permission. */
export async function canFlip(): Promise<boolean> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind }) => kind === 'videoinput').length > 1;
}
