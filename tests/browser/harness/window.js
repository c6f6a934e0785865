// The desktop window on a display of its own, driven by WebKitWebDriver: plain W3C WebDriver over HTTP.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { binary } from './regie.js';
import { eventually } from './wait.js';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** Where screenshots are left to be looked at. */
export const results = fileURLToPath(new URL('../../results/', import.meta.url));

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The luma of a picture file's bytes: {width, height, luma}. */
export function grey(png) {
  const raw = (...args) => spawnSync('ffmpeg', ['-v', 'error', '-i', '-', ...args], { input: png, maxBuffer: 1 << 28 });
  const luma = raw('-f', 'rawvideo', '-pix_fmt', 'gray', '-').stdout;
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20), luma };
}

/** The share of pixels, 0 to 1, that differ by more than 16 between two pictures of one size. */
export function difference(a, b) {
  let changed = 0;
  for (let n = 0; n < a.luma.length; n++) changed += Math.abs(a.luma[n] - b.luma[n]) > 16 ? 1 : 0;
  return changed / a.luma.length;
}

/** The window, its display and its driver. */
export class Window {
  #display;
  #driver;
  #session;
  #base;
  said = [];

  static async open(args = []) {
    const window = new Window();
    try {
      await window.#open(args);
    } catch (error) {
      await window.close();
      throw new Error(`${error.message}\n${window.said.slice(-30).join('\n')}`);
    }
    return window;
  }

  async #open(args) {
    this.data = mkdtempSync(join(tmpdir(), 'regie-window-'));
    const program = binary('REGIE_WINDOW', 'regie', 'regie');
    this.#display = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1440x900x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    this.display = await new Promise((resolve, reject) => {
      createInterface({ input: this.#display.stdio[3] }).once('line', (line) => resolve(`:${line.trim()}`));
      this.#display.once('error', reject).once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    });
    const port = await freePort();
    this.#base = `http://127.0.0.1:${port}`;
    const env = { ...process.env, DISPLAY: this.display, TAURI_WEBVIEW_AUTOMATION: 'true', NO_AT_BRIDGE: '1' };
    delete env.WAYLAND_DISPLAY;
    this.#driver = spawn('WebKitWebDriver', [`--port=${port}`], { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
    for (const input of [this.#driver.stdout, this.#driver.stderr])
      createInterface({ input }).on('line', (line) => this.said.push(line));
    await eventually('the driver answers', () => fetch(`${this.#base}/status`).then(({ ok }) => ok));
    const options = { binary: program, args: ['--data', this.data, '--bind', '127.0.0.1:0', ...args] };
    const { sessionId } = await this.#ask('POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
    });
    this.#session = `/session/${sessionId}`;
  }

  async #ask(method, path, body) {
    const answer = await fetch(this.#base + path, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  /** Runs the body of a function in the page and gives what it returns. */
  run(script, ...args) {
    return this.#ask('POST', `${this.#session}/execute/sync`, { script, args });
  }

  /** A picture of what a selector finds, as PNG bytes. */
  async picture(selector) {
    const found = await this.#ask('POST', `${this.#session}/element`, { using: 'css selector', value: selector });
    const png = await this.#ask('GET', `${this.#session}/element/${found[ELEMENT]}/screenshot`);
    return Buffer.from(png, 'base64');
  }

  /** Presses keys, one after the other. */
  async press(...keys) {
    const actions = keys.flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]);
    await this.#ask('POST', `${this.#session}/actions`, { actions: [{ type: 'key', id: 'keyboard', actions }] });
  }

  /** Leaves a picture of the whole display, as a person sees it, in the results. */
  photograph(name) {
    mkdirSync(results, { recursive: true });
    const file = join(results, name);
    const args = ['-v', 'error', '-y', '-f', 'x11grab', '-video_size', '1440x900', '-i', this.display, '-frames:v', '1', file];
    const { status, stderr } = spawnSync('ffmpeg', args);
    if (status !== 0) throw new Error(`no picture of the display: ${stderr}`);
    return readFileSync(file);
  }

  /** The window's process. */
  get pid() {
    const { stdout } = spawnSync('ps', ['-o', 'pid=,comm=', '--ppid', String(this.#driver.pid)], { encoding: 'utf8' });
    const line = stdout.split('\n').find((one) => one.trim().endsWith(' regie'));
    return line && Number.parseInt(line, 10);
  }

  /** Ends the window as a signal does, and waits until its process is gone. */
  async end() {
    const { pid } = this;
    process.kill(pid, 'SIGTERM');
    await eventually('the window’s process is gone', () => {
      try {
        process.kill(pid, 0);
      } catch {
        return true;
      }
      const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
      return stdout.trim() === '' || stdout.startsWith('Z');
    });
  }

  async close() {
    if (this.#driver && this.#driver.exitCode === null) {
      const ended = new Promise((resolve) => this.#driver.once('exit', resolve));
      // The driver and the window it started are one group.
      process.kill(-this.#driver.pid, 'SIGKILL');
      await ended;
    }
    this.#display?.kill();
    rmSync(this.data, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}
