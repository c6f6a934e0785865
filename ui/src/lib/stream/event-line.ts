import type { Line, LineHandlers } from './socket';

/**
 * The messages of `/stream` over plain https: the server's as events, ours as posts, one after the other so that
 * their order holds. The first event brings the key that says which stream a post belongs to.
 */
export class EventLine implements Line {
  #source = new EventSource('/signal/stream');
  #session = '';
  #posts: Promise<void> = Promise.resolve();
  #over = false;

  constructor(private readonly on: LineHandlers) {
    this.#source.addEventListener('session', ({ data }: MessageEvent<string>) => {
      this.#session = data;
      on.open();
    });
    this.#source.onmessage = ({ data }: MessageEvent<string>) => on.text(data);
    // An event stream would come back by itself, as another session: that is for the owner to do.
    this.#source.onerror = () => this.#end();
  }

  say(text: string): void {
    this.#posts = this.#posts.then(() => this.#post(text));
  }

  close(): void {
    this.#over = true;
    this.#source.close();
  }

  async #post(text: string): Promise<void> {
    try {
      const answer = await fetch(`/signal/stream?session=${encodeURIComponent(this.#session)}`, {
        method: 'POST',
        body: text,
        // A farewell is said while the page is being left.
        keepalive: true,
      });
      if (answer.status === 404) this.#end();
    } catch {
      this.#end();
    }
  }

  #end(): void {
    if (this.#over) return;
    this.close();
    this.on.closed();
  }
}
