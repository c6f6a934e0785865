import { recall, remember } from '../remember';

/** Safari on an iPhone knows full screen for videos only, by its own name. */
type AppleVideo = HTMLVideoElement & { webkitEnterFullscreen?: () => void };

/**
 * The viewer's picture and sound: starts with sound where the browser lets it, else silent and says so; full
 * screen; picture in picture.
 */
export class Screen {
  /**
   * `on`: heard. `off`: the person silenced it. `blocked`: the browser wants a press before it lets sound out.
   * `stopped`: the browser wants a press before anything plays.
   */
  sound = $state<'on' | 'off' | 'blocked' | 'stopped'>('on');
  full = $state(false);
  canFull = $state(false);
  canPip = $state(false);

  #video: AppleVideo | null = null;
  #stage: HTMLElement | null = null;
  #stream: MediaStream | null = null;

  video = (element: HTMLVideoElement): (() => void) => {
    this.#video = element;
    this.canFull = document.fullscreenEnabled || 'webkitEnterFullscreen' in element;
    this.canPip = document.pictureInPictureEnabled === true;
    return () => {
      element.srcObject = null;
      this.#video = null;
    };
  };

  stage = (element: HTMLElement): void => {
    this.#stage = element;
  };

  /** Shows a stream; keeps the last picture where it is `null`. */
  show(stream: MediaStream | null): void {
    if (!stream || !this.#video || this.#stream === stream) return;
    this.#stream = stream;
    this.#video.srcObject = stream;
    void this.#play(recall('sound') === 'off');
  }

  /** Lets the sound out; call it from a press. */
  async unmute(): Promise<void> {
    remember('sound', 'on');
    await this.#play(false);
  }

  async toggleSound(): Promise<void> {
    if (this.sound !== 'on') return this.unmute();
    remember('sound', 'off');
    await this.#play(true);
  }

  async toggleFull(): Promise<void> {
    if (document.fullscreenElement) return document.exitFullscreen();
    try {
      if (document.fullscreenEnabled) await this.#stage?.requestFullscreen({ navigationUI: 'hide' });
      else this.#video?.webkitEnterFullscreen?.();
    } catch {
      // Refused: the picture stays in the page.
    }
  }

  async pip(): Promise<void> {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await this.#video?.requestPictureInPicture();
    } catch {
      // Refused: the picture stays in the page.
    }
  }

  /** The document's full screen changed. */
  changed(): void {
    this.full = document.fullscreenElement !== null;
  }

  async #play(silent: boolean): Promise<void> {
    const video = this.#video;
    if (!video) return;
    video.muted = silent;
    try {
      await video.play();
      this.sound = silent ? 'off' : 'on';
    } catch (error) {
      // Another stream came in between: its own call decides.
      if (error instanceof DOMException && error.name === 'AbortError') return;
      if (silent) this.sound = 'stopped';
      else await this.#playSilently(video);
    }
  }

  async #playSilently(video: HTMLVideoElement): Promise<void> {
    video.muted = true;
    try {
      await video.play();
      this.sound = 'blocked';
    } catch {
      this.sound = 'stopped';
    }
  }
}
