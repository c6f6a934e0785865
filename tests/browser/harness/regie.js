// A `regie-headless` of one's own, and an operator without a page.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { eventually } from './wait.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Where a binary of ours lies: what the environment says, or the target folder, built if it is not there. */
export function binary(variable, name, crate) {
  const path = process.env[variable] ?? join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug', name);
  if (!existsSync(path)) {
    const built = spawnSync('cargo', ['build', '-p', crate, '--bin', name], { cwd: root, stdio: 'inherit' });
    if (built.status !== 0) throw new Error(`${name} does not build`);
  }
  return path;
}

/** A running régie. `ready` is its ready line; `port` its port. */
export class Regie {
  #process;
  #ended;
  said = [];

  static async start({ args = [], data = mkdtempSync(join(tmpdir(), 'regie-test-')) } = {}) {
    const regie = new Regie();
    regie.data = data;
    const program = binary('REGIE_HEADLESS', 'regie-headless', 'regie-server');
    const all = ['--json', '--data', data, '--bind', '127.0.0.1:0', ...args];
    regie.#process = spawn(program, all, { stdio: ['ignore', 'pipe', 'pipe'] });
    regie.#ended = new Promise((resolve) => regie.#process.once('exit', (code, signal) => resolve(code ?? signal)));
    const keep = (line) => {
      regie.said.push(line);
      if (regie.said.length > 500) regie.said.shift();
    };
    createInterface({ input: regie.#process.stderr }).on('line', keep);
    const lines = createInterface({ input: regie.#process.stdout });
    const first = new Promise((resolve) => lines.once('line', resolve));
    lines.on('line', keep);
    const line = await Promise.race([
      first,
      regie.#ended.then((how) => Promise.reject(new Error(`regie-headless ended with ${how}: ${regie.said.join('\n')}`))),
    ]);
    regie.ready = JSON.parse(line);
    regie.port = Number(new URL(regie.ready.api).port);
    return regie;
  }

  get pid() {
    return this.#process.pid;
  }

  /** An address on loopback, plain http: there it is a secure context. */
  url(path) {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** The join address, as the QR code gives it, by way of loopback. */
  get join() {
    return this.url(new URL(this.ready.camera).pathname);
  }

  get operatorPage() {
    return this.url(`/operator?token=${this.ready.token}`);
  }

  /** Asks it to end as a person would, and returns its exit code; it has 15 s. */
  async stop({ keep = false } = {}) {
    this.#process.kill('SIGTERM');
    const late = setTimeout(() => this.#process.kill('SIGKILL'), 15_000);
    const how = await this.#ended;
    clearTimeout(late);
    if (!keep) rmSync(this.data, { recursive: true, force: true, maxRetries: 5 });
    return how;
  }
}

/** `/control` from a program: commands, and the show as the events tell it. */
export class Operator {
  #socket;
  #asked = new Map();
  #last = 0;
  show = null;
  events = [];

  static async connect(regie) {
    const operator = new Operator();
    const socket = new WebSocket(`ws://127.0.0.1:${regie.port}/control?token=${regie.ready.token}`);
    operator.#socket = socket;
    socket.on('message', (text) => operator.#hear(JSON.parse(text)));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    await eventually('the snapshot', () => operator.show);
    return operator;
  }

  #hear(message) {
    if (message.snapshot) this.show = message.snapshot;
    else if (message.event) {
      this.events.push({ at: Date.now(), ...message });
      this.#apply(message.event);
    } else {
      const waiting = this.#asked.get(message.id);
      this.#asked.delete(message.id);
      if (message.refused) waiting?.reject(new Error(`${message.refused.code}: ${message.refused.message}`));
      else waiting?.resolve(message.reply);
    }
  }

  #apply(event) {
    const { show } = this;
    const { type, ...news } = event;
    const others = (source) => source.id !== (news.source?.id ?? news.id);
    const by = {
      sourceAdded: () => show.sources.push(news.source),
      sourceChanged: () => (show.sources = show.sources.map((one) => (one.id === news.source.id ? news.source : one))),
      sourceRemoved: () => (show.sources = show.sources.filter(others)),
      previewChanged: () => (show.preview = news.scene),
      sceneTaken: () => Object.assign(show, { program: news.program, preview: news.preview }),
      transitionChosen: () => (show.transition = news.transition),
      mosaicArranged: () => (show.mosaic = news.mosaic),
      recordingChanged: () => (show.recording = news.recording),
      viewersCounted: () => (show.viewers = news.count),
      showNamed: () => (show.name = news.name),
      faultRaised: () => (show.faults = [...show.faults.filter((one) => one.id !== news.fault.id), news.fault]),
      faultCleared: () => (show.faults = show.faults.filter((one) => one.id !== news.id)),
    };
    by[type]?.();
  }

  /** Sends a command; gives its reply, or throws its refusal. */
  command(command) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, command }));
    });
  }

  /** The source of this name. */
  source(name) {
    return this.show.sources.find((source) => source.name === name);
  }

  /** Waits until the show is as asked. */
  until(what, holds, ms) {
    return eventually(what, () => holds(this.show), { ms, every: 20, saw: () => this.show });
  }

  close() {
    this.#socket.close();
  }
}
