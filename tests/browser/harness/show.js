// A show with people in it, in verbs: `show.phone('Léa')`, `show.viewer()`, `show.cut('Léa')`.
import assert from 'node:assert/strict';
import { PHONE, READER, launch, openPage } from './chromium.js';
import { Firefox } from './firefox.js';
import { Operator, Regie } from './regie.js';
import { eventually } from './wait.js';

const COLOURS = [
  [120, 90, 180],
  [120, 180, 90],
  [110, 100, 100],
  [100, 150, 150],
];

/** The id of the phone that a number names; null where no number was read. */
export const whose = (number) => (number === null ? null : number >> 16);

export class Show {
  #people = [];
  #phones = 0;
  /** Pages that were asked for something that is not on loopback, and what pages complained about. */
  pages = [];

  static async start({ browser, ...options } = {}) {
    const show = new Show();
    show.ownBrowser = !browser;
    show.browser = browser ?? (await launch());
    try {
      show.regie = await Regie.start(options);
      show.operator = await Operator.connect(show.regie);
    } catch (error) {
      if (show.ownBrowser) await show.browser.close();
      throw error;
    }
    return show;
  }

  async #open(options) {
    const page = await openPage(this.browser, options);
    this.pages.push(page);
    return page;
  }

  #wish(name, options) {
    const id = ++this.#phones;
    return { id, name, clock: false, width: 640, height: 360, fps: 30, colour: COLOURS[id % 4], ...options };
  }

  /** A phone in Chromium that scans the code, gives its name, and is live. */
  async phone(name, { page, ...options } = {}) {
    const wish = this.#wish(name, options);
    const init = [`(${PHONE})(${JSON.stringify(wish)})`, `(${READER})()`];
    const phone = new Phone(this, wish, page ?? (await this.#open({ init, viewport: { width: 390, height: 844 } })));
    this.#people.push(phone);
    await phone.join();
    return phone;
  }

  /** The same in Firefox. */
  async firefoxPhone(name, options = {}) {
    const wish = this.#wish(name, options);
    const firefox = await Firefox.launch();
    this.#people.push({ close: () => firefox.close() });
    await firefox.before(`() => { (${READER})(); (${PHONE})(${JSON.stringify(wish)}); }`);
    await firefox.goto(this.regie.join);
    await eventually('Firefox shows the join form', () => firefox.evaluate(`!!document.querySelector('form input')`), {
      saw: () => firefox.evaluate('document.body.innerText'),
    });
    await firefox.evaluate(`(() => {
      const input = document.querySelector('form input');
      input.value = ${JSON.stringify(name)};
      input.dispatchEvent(new Event('input', { bubbles: true }));
      document.querySelector('form button[type=submit]').click();
    })()`);
    await this.live(name, { saw: () => firefox.evaluate('document.body.innerText') });
    return Object.assign(firefox, { wish });
  }

  /** Waits until the source of this name gives pictures. */
  live(name, { saw, ms = 20_000 } = {}) {
    return eventually(`${name} is live`, () => this.operator.source(name)?.state === 'live' && this.operator.source(name), {
      ms,
      saw: async () => `${await saw?.()} ${JSON.stringify(this.operator.show.sources)} ${this.regie.said.slice(-15).join('\n')}`,
    });
  }

  /** A viewer in Chromium on the audience's page. */
  async viewer() {
    const viewer = new Viewer(await this.#open({ init: [`(${READER})()`] }));
    this.#people.push(viewer);
    viewer.opened = Date.now();
    await viewer.page.goto(this.regie.url('/watch'));
    await viewer.look();
    return viewer;
  }

  /** The operator's page. */
  async operatorPage(options = {}) {
    const page = await this.#open({ init: [`(${READER})()`], viewport: { width: 1440, height: 900 }, ...options });
    await page.goto(this.regie.operatorPage);
    return page;
  }

  /** The number in a tile of the multiview on a page: 0 is preview, 1 program, then the sources. */
  tile(page, n) {
    const of = this.operator.show.mosaic.tiles[n];
    return page.evaluate((of) => {
      const canvas = document.querySelector('canvas');
      if (!canvas) return null;
      const [x, width] = [of.x / canvas.width, of.width / canvas.width];
      const [y, height] = [of.y / canvas.height, of.height / canvas.height];
      return globalThis.reader.number(canvas, { x, y, width, height });
    }, of);
  }

  /** A page of somebody else's making at an address of ours, so that it is let in as our own pages are. */
  async foreignPage(html, init = []) {
    const page = await this.#open({ init: [...init, `(${READER})()`], bypassCSP: true });
    await page.goto(this.regie.url('/api/v1/event'));
    await page.setContent(html);
    return page;
  }

  command(command) {
    return this.operator.command(command);
  }

  full(name) {
    return { layout: 'full', sources: [this.operator.source(name).id] };
  }

  preview(name) {
    return this.command({ type: 'setPreview', scene: this.full(name) });
  }

  cut(name) {
    return this.command({ type: 'cut', scene: this.full(name) });
  }

  /** Ends the show; nobody may have asked anything of anyone outside. */
  async stop({ mayComplain = [] } = {}) {
    const outside = this.pages.flatMap((page) => page.outside);
    const complaints = this.pages
      .flatMap((page) => page.complaints)
      .filter((text) => !mayComplain.some((pattern) => pattern.test(text)));
    for (const person of this.#people) await person.close?.().catch(() => {});
    for (const page of this.pages) await page.context().close().catch(() => {});
    if (this.ownBrowser) await this.browser.close();
    this.operator.close();
    const code = await this.regie.stop();
    assert.deepEqual(outside, [], 'a page asked for something that is not on this machine');
    assert.deepEqual(complaints, [], 'a page complained');
    assert.equal(code, 0, `the régie did not end cleanly: ${this.regie.said.slice(-30).join('\n')}`);
  }
}

/** A phone in Chromium. */
class Phone {
  constructor(show, wish, page) {
    Object.assign(this, { show, wish, page, id: wish.id, name: wish.name });
  }

  async join() {
    const { page, show, name } = this;
    await page.goto(show.regie.join);
    await page.locator('form input:not([type=checkbox])').fill(name);
    this.pressed = Date.now();
    await page.locator('form button[type=submit]').click();
    await show.live(name, { saw: () => page.locator('body').innerText() });
  }

  /** The word that the phone shows: ON AIR … */
  says(word) {
    return eventually(`${this.name}'s phone says ${word}`, async () => {
      const text = await this.page.locator('body').innerText();
      return text.toLowerCase().includes(word.toLowerCase());
    }, { saw: () => this.page.locator('body').innerText() });
  }

  /** What the browser sends: {codec: 'video/VP8', height, fps, bytes}. */
  sending() {
    return this.page.evaluate(() => globalThis.fakePhone.sending());
  }

  close() {
    return this.page.context().close();
  }
}

/** A viewer in Chromium, who reads what his own screen shows. */
class Viewer {
  constructor(page) {
    this.page = page;
  }

  /** Begins to read the numbers off the picture and to listen. */
  async look() {
    await this.page.locator('video').first().waitFor({ state: 'attached', timeout: 15_000 });
    await this.page.evaluate(async () => {
      const video = document.querySelector('video');
      globalThis.reader.watch(video);
      for (;;) {
        if (video.srcObject?.getAudioTracks().length) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      globalThis.reader.listen(video.srcObject);
    });
  }

  /** What every frame showed since a moment of the page's clock. */
  seen(since = 0) {
    return this.page.evaluate((since) => globalThis.reader.seen.filter((frame) => frame.at >= since), since);
  }

  last() {
    return this.page.evaluate(() => globalThis.reader.seen.at(-1) ?? null);
  }

  /** Waits until the screen shows a frame of this phone (or of any id). */
  eventuallyShows(id, ms = 15_000) {
    return eventually(`the viewer sees ${id}`, async () => whose((await this.last())?.number ?? null) === id, {
      ms,
      saw: async () => (await this.seen()).slice(-10),
    });
  }

  /** Waits until the beep was heard and silence between beeps too. */
  hearsTheBeep(ms = 15_000) {
    const heard = () => {
      const loud = globalThis.reader.loud.map(({ db }) => db);
      return { loudest: Math.max(...loud), softest: Math.min(...loud.filter(Number.isFinite)), n: loud.length };
    };
    return eventually('the viewer hears the beep', async () => {
      const { loudest, softest } = await this.page.evaluate(heard);
      return loudest > -45 && loudest - softest > 15;
    }, { ms, saw: () => this.page.evaluate(heard) });
  }

  close() {
    return this.page.context().close();
  }
}
