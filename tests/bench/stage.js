// What the benches play in a browser: reads one JSON request a line on stdin, answers each with one line.
//   {do: "phone", join, wish}            → {}             a phone joins and stays
//   {do: "watch", url, seconds}          → {samples, n}   a viewer's page: age in ms of each frame as it is shown
//   {do: "join", join, wish, multiview, tile} → {ms}      from opening the join page to the first of its frames
//                                                         in its tile of a multiview page
//   {do: "leave"}                        → {}             everybody but the multiview leaves
import { createInterface } from 'node:readline';
import { PHONE, READER, launch, openPage } from '../browser/harness/chromium.js';
import { pause } from '../browser/harness/wait.js';

const browser = await launch();
const people = [];
let multiview;

async function open(...init) {
  const page = await openPage(browser, { init, viewport: { width: 1280, height: 720 } });
  people.push(page);
  return page;
}

async function join(page, address, name) {
  await page.goto(address, { waitUntil: 'commit' });
  await page.locator('form input:not([type=checkbox])').fill(name);
  await page.locator('form button[type=submit]').click();
}

const acts = {
  async phone({ join: address, wish }) {
    const page = await open(`(${PHONE})(${JSON.stringify(wish)})`);
    await join(page, address, `Phone ${wish.id}`);
    return {};
  },

  async watch({ url, seconds }) {
    const page = await open(`(${READER})()`);
    await page.goto(url);
    await page.locator('video').first().waitFor({ state: 'attached' });
    await page.evaluate(() => globalThis.reader.watch(document.querySelector('video')));
    await page.waitForFunction(() => globalThis.reader.seen.some(({ number }) => number !== null), null, { timeout: 30_000 });
    // The first seconds belong to the joining.
    await pause(5000);
    await page.evaluate(() => (globalThis.reader.seen.length = 0));
    await pause(seconds * 1000);
    const seen = await page.evaluate(() => globalThis.reader.seen);
    await page.context().close();
    const read = seen.filter(({ number }) => number !== null);
    return { samples: read.map(({ clock, number }) => (clock - number + 2 ** 24) % 2 ** 24), n: seen.length };
  },

  async join({ join: address, wish, multiview: url, tile }) {
    if (!multiview) {
      multiview = await openPage(browser, { init: [`(${READER})()`], viewport: { width: 1280, height: 720 } });
      await multiview.goto(url);
      await multiview.waitForFunction(() => Number(document.querySelector('canvas')?.dataset.drawn) > 5);
    }
    const seen = multiview.evaluate(
      ([tile, id]) =>
        new Promise((resolve, reject) => {
          const end = performance.now() + 30_000;
          const look = () => {
            const canvas = document.querySelector('canvas');
            const region = { x: tile.x / canvas.width, y: tile.y / canvas.height, width: tile.width / canvas.width, height: tile.height / canvas.height };
            const number = globalThis.reader.number(canvas, region);
            if (number !== null && number >> 16 === id) resolve(Date.now());
            else if (performance.now() > end) reject(new Error('the phone did not appear in the multiview'));
            else requestAnimationFrame(look);
          };
          look();
        }),
      [tile, wish.id],
    );
    const page = await open(`(${PHONE})(${JSON.stringify(wish)})`);
    const began = Date.now();
    await join(page, address, `Phone ${wish.id}`);
    return { ms: (await seen) - began };
  },

  async leave() {
    for (const page of people.splice(0)) await page.context().close();
    return {};
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: act, ...request } = JSON.parse(line);
  const answer = await acts[act](request).catch((error) => ({ error: error.message }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
