import { socketAddress } from './address';
import { Backoff } from './backoff';
import { fold } from './fold';
import type { Code } from './generated/Code';
import type { Command } from './generated/Command';
import type { Refusal } from './generated/Refusal';
import type { Reply } from './generated/Reply';
import type { Snapshot } from './generated/Snapshot';
import type { Stamped } from './generated/Stamped';

/** What the core says on `/control`. */
type Heard =
  | { snapshot: Snapshot; seq: number }
  | Stamped
  | { id: number; ok: true; reply?: Reply }
  | { id: number; refused: Refusal };

/** How the connection to the core is. */
export type Link = 'connecting' | 'open' | 'lost' | 'shut';

/** Why a command came to nothing: the core's refusal, or `offline` when nobody answered. */
export class Refused extends Error {
  constructor(
    readonly code: Code | 'offline',
    message: string,
  ) {
    super(message);
  }
}

/** A command without an answer after this long counts as lost, ms. */
const PATIENCE = 5000;

type Waiting = { settle: (reply: Reply | undefined) => void; refuse: (why: Refused) => void; timer: number };

/**
 * The operator's line to the core: the show as it is, and the way to give orders. It connects again by itself,
 * and every new connection starts from a new snapshot. The show stays readable while the line is down.
 */
export class Connection {
  /** The show as the core last told it; `null` before the first word. */
  show = $state.raw<Snapshot | null>(null);
  /** The line itself. `shut`: the core does not let this browser in. */
  link = $state<Link>('connecting');

  #socket: WebSocket | null = null;
  #seq = 0;
  #id = 0;
  #waiting = new Map<number, Waiting>();
  #backoff = new Backoff();
  #retry = 0;
  #closed = false;

  constructor(private readonly address: () => string = () => socketAddress('/control')) {}

  /** Opens the line; call once. */
  open(): void {
    this.#closed = false;
    this.#connect();
  }

  /** Ends the line for good. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#socket?.close();
    this.#drop();
  }

  /** Gives an order. Resolves with what it made, rejects with `Refused`. */
  send(command: Command): Promise<Reply | undefined> {
    const socket = this.#socket;
    if (this.link !== 'open' || !socket) return Promise.reject(new Refused('offline', 'not connected'));
    const id = ++this.#id;
    return new Promise((settle, refuse) => {
      const timer = window.setTimeout(() => {
        this.#waiting.delete(id);
        refuse(new Refused('busy', 'no answer'));
      }, PATIENCE);
      this.#waiting.set(id, { settle, refuse, timer });
      socket.send(JSON.stringify({ id, command }));
    });
  }

  #connect(): void {
    const socket = new WebSocket(this.address());
    this.#socket = socket;
    let opened = false;
    socket.onopen = () => (opened = true);
    socket.onmessage = ({ data }) => {
      if (this.#socket === socket && typeof data === 'string') this.#hear(JSON.parse(data) as Heard);
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#drop();
      if (this.#closed) return;
      this.link = this.link === 'shut' ? 'shut' : 'lost';
      if (!opened) void this.#askWhy();
      this.#retry = window.setTimeout(() => this.#connect(), this.#backoff.next());
    };
  }

  #hear(heard: Heard): void {
    if ('snapshot' in heard) {
      this.show = heard.snapshot;
      this.#seq = heard.seq;
      this.link = 'open';
      this.#backoff.reset();
    } else if ('event' in heard) {
      this.#follow(heard);
    } else {
      const waiting = this.#waiting.get(heard.id);
      if (!waiting) return;
      this.#waiting.delete(heard.id);
      clearTimeout(waiting.timer);
      if ('refused' in heard) waiting.refuse(new Refused(heard.refused.code, heard.refused.message));
      else waiting.settle(heard.reply);
    }
  }

  #follow({ seq, event }: Stamped): void {
    if (!this.show || seq <= this.#seq) return;
    if (seq !== this.#seq + 1) {
      // A word was missed; only a new snapshot is the truth again.
      this.#socket?.close();
      return;
    }
    this.#seq = seq;
    this.show = fold(this.show, event);
  }

  #drop(): void {
    this.#socket = null;
    for (const { refuse, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      refuse(new Refused('offline', 'the line broke'));
    }
    this.#waiting.clear();
  }

  /** A refused upgrade looks to a page like any other failure: the reason is asked over HTTP. */
  async #askWhy(): Promise<void> {
    try {
      const answer = await fetch('/api/v1/whoami', { cache: 'no-store' });
      this.link = answer.status === 401 || answer.status === 403 ? 'shut' : 'lost';
    } catch {
      this.link = 'lost';
    }
  }
}
