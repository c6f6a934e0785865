// Firefox as a phone, driven by the few words of WebDriver BiDi that are needed.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

// Nothing that calls home, no question to answer, and loopback counts as a network.
const PREFS = {
  'app.update.auto': false,
  'app.normandy.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.region.network.url': '',
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'datareporting.healthreport.uploadEnabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.push.connection.enabled': false,
  'extensions.update.enabled': false,
  'media.autoplay.default': 0,
  'media.gmp-manager.url': '',
  'media.navigator.permission.disabled': true,
  'media.navigator.streams.fake': true,
  'media.peerconnection.ice.loopback': true,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.dns.disablePrefetch': true,
  'network.prefetch-next': false,
  'privacy.resistFingerprinting': false,
  'services.settings.server': 'http://127.0.0.1:9/',
  'toolkit.telemetry.enabled': false,
  'toolkit.telemetry.server': '',
};

/** A running Firefox with one page. Close it. */
export class Firefox {
  #process;
  #socket;
  #profile;
  #context;
  #asked = new Map();
  #last = 0;

  static async launch() {
    const firefox = new Firefox();
    firefox.#profile = mkdtempSync(join(tmpdir(), 'regie-firefox-'));
    const lines = Object.entries(PREFS).map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});`);
    writeFileSync(join(firefox.#profile, 'user.js'), lines.join('\n'));
    try {
      await firefox.#start();
    } catch (error) {
      await firefox.close();
      throw error;
    }
    return firefox;
  }

  async #start() {
    const program = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
    const args = ['--headless', '--no-remote', '--profile', this.#profile, '--remote-debugging-port', '0', 'about:blank'];
    this.#process = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, MOZ_CRASHREPORTER_DISABLE: '1', HOME: this.#profile },
      detached: true,
    });
    const said = [];
    const address = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`Firefox did not start: ${said.join('\n')}`)), 60_000);
      createInterface({ input: this.#process.stderr }).on('line', (line) => {
        said.push(line);
        const found = /WebDriver BiDi listening on (ws:\S+)/.exec(line);
        if (found) resolve(clearTimeout(late) ?? found[1]);
      });
      this.#process.once('exit', (code) => reject(new Error(`Firefox ended with ${code}: ${said.join('\n')}`)));
    });
    this.#socket = new WebSocket(`${address}/session`, { perMessageDeflate: false });
    await new Promise((resolve, reject) => this.#socket.once('open', resolve).once('error', reject));
    this.#socket.on('message', (text) => {
      const { id, result, error, message } = JSON.parse(text);
      const waiting = this.#asked.get(id);
      this.#asked.delete(id);
      if (error) waiting?.reject(new Error(`${error}: ${message}`));
      else waiting?.resolve(result);
    });
    await this.#ask('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
    const { contexts } = await this.#ask('browsingContext.getTree', {});
    this.#context = contexts[0].context;
  }

  #ask(method, params) {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Runs this source of a function with these arguments in every page, before the page's own scripts. */
  before(functionSource) {
    return this.#ask('script.addPreloadScript', { functionDeclaration: functionSource });
  }

  goto(url) {
    return this.#ask('browsingContext.navigate', { context: this.#context, url, wait: 'interactive' });
  }

  /** Evaluates an expression, promises awaited, and gives its value by way of JSON. */
  async evaluate(expression) {
    const answer = await this.#ask('script.evaluate', {
      expression: `(async () => JSON.stringify(await (${expression})))()`,
      target: { context: this.#context },
      awaitPromise: true,
      userActivation: true,
    });
    if (answer.type === 'exception') throw new Error(answer.exceptionDetails.text);
    return answer.result.value === undefined ? undefined : JSON.parse(answer.result.value);
  }

  async close() {
    this.#socket?.close();
    if (this.#process && this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      process.kill(-this.#process.pid, 'SIGKILL');
      await ended;
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
