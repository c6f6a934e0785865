import { socketAddress } from '../address';
import { EventLine } from './event-line';
import { readMessage, type ServerMessage } from './messages';

/** Why a connection could not be made, asked over HTTP: an upgrade that fails tells a page nothing. */
export type Closed = 'lost' | 'forbidden' | 'crowded';

/** What happens on one connection to `/stream`. */
export type Handlers = {
  open: () => void;
  message: (message: ServerMessage) => void;
  /** The last call; never after `close()`. */
  closed: (why: Closed) => void;
};

/** A way for messages to travel: a WebSocket, or events and posts. */
export type Line = { say(text: string): void; close(): void };
/** What a line tells. `closed` is its last word. */
export type LineHandlers = { open: () => void; text: (text: string) => void; closed: () => void };

/** A WebSocket that has not opened after this long (ms) is given up. */
const OPENING = 3000;

/** Some phones refuse `wss` on a certificate that was tapped through while `https` works: then it is this for good. */
let byEvents = false;

/**
 * One connection to `/stream`, over a WebSocket or, where that does not open, over https events. It does not come
 * back by itself: whoever opened it opens another.
 */
export class StreamSocket {
  #line: Line;
  #opened = false;
  #over = false;

  constructor(private readonly on: Handlers) {
    this.#line = byEvents ? this.#events() : this.#webSocket();
  }

  /** Says something; dropped if the line is not open. */
  say(message: object): void {
    this.#line.say(JSON.stringify(message));
  }

  /** Ends the connection; no handler is called any more. */
  close(): void {
    this.#over = true;
    this.#line.close();
  }

  #webSocket(): Line {
    return webSocketLine({
      open: () => this.#open(),
      text: (text) => this.#hear(text),
      closed: () => {
        if (this.#over) return;
        if (this.#opened || location.protocol !== 'https:') void this.#end();
        else this.#line = this.#events();
      },
    });
  }

  #events(): Line {
    return new EventLine({
      open: () => {
        byEvents = true;
        this.#open();
      },
      text: (text) => this.#hear(text),
      closed: () => {
        byEvents = false;
        void this.#end();
      },
    });
  }

  #open(): void {
    this.#opened = true;
    if (!this.#over) this.on.open();
  }

  #hear(text: string): void {
    const message = readMessage(text);
    if (message && !this.#over) this.on.message(message);
  }

  async #end(): Promise<void> {
    const why = this.#opened ? 'lost' : await reason();
    if (this.#over) return;
    this.#over = true;
    this.on.closed(why);
  }
}

function webSocketLine(on: LineHandlers): Line {
  const socket = new WebSocket(socketAddress('/stream'));
  const timer = setTimeout(() => {
    socket.onclose = null;
    socket.close();
    on.closed();
  }, OPENING);
  socket.onopen = () => {
    clearTimeout(timer);
    on.open();
  };
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') on.text(data);
  };
  socket.onclose = () => {
    clearTimeout(timer);
    on.closed();
  };
  return {
    say: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => {
      clearTimeout(timer);
      socket.onclose = null;
      socket.close();
    },
  };
}

async function reason(): Promise<Closed> {
  try {
    const { status } = await fetch('/api/v1/whoami', { cache: 'no-store', signal: AbortSignal.timeout(3000) });
    if (status === 401 || status === 403) return 'forbidden';
    return status === 429 ? 'crowded' : 'lost';
  } catch {
    return 'lost';
  }
}
