// The operator's page: the hand stays on the keyboard, the screen says what the core says.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Show } from './harness/show.js';
import { eventually } from './harness/wait.js';

let show;
before(async () => {
  show = await Show.start({ args: ['--demo'] });
  await show.operator.until('four demo pictures are live', ({ sources }) => {
    return sources.length === 4 && sources.every(({ state }) => state === 'live');
  });
});
after(() => show?.stop());

const on = (scene) => scene.sources.map((id) => show.operator.show.sources.findIndex((source) => source.id === id) + 1);
const preview = (what) => show.operator.until(`preview is ${what}`, (now) => on(now.preview).join() === `${what}`);
const program = (what) => show.operator.until(`program is ${what}`, (now) => on(now.program).join() === `${what}`);

async function moves(page, n) {
  const seen = new Set();
  await eventually(`tile ${n} of the multiview moves`, async () => {
    const number = await show.tile(page, n);
    if (number !== null) seen.add(number);
    return seen.size > 5;
  }, { saw: async () => `${[...seen]}; ${JSON.stringify(await page.evaluate(() => ({ ...document.querySelector('canvas').dataset })))}` });
}

test('digits prepare, Space takes, Enter mixes', async () => {
  const page = await show.operatorPage();
  await eventually('the multiview is drawn', () => page.evaluate(() => Number(document.querySelector('canvas')?.dataset.drawn) > 5), {
    saw: () => page.locator('body').innerText(),
  });
  await page.keyboard.press('1');
  await preview(1);
  await page.keyboard.press('Space');
  await program(1);
  await page.keyboard.press('2');
  await preview(2);
  await page.keyboard.press('Enter');
  await program(2);
  await preview(1);
  await page.keyboard.press('Shift+Digit3');
  await program(3);
  await preview(1);
  await eventually('the page lights what is on air', async () => {
    const lit = await page.locator('[aria-pressed=true], [data-tally=program], .program').count();
    return lit > 0;
  }, { saw: () => page.locator('body').innerHTML() });
  for (const n of [0, 1, 2, 5]) await moves(page, n);
  await page.context().close();
});

test('the page speaks French to a French browser', async () => {
  const page = await show.operatorPage({ locale: 'fr-FR' });
  await eventually('the page is in French', async () => /Fondu/i.test(await page.locator('body').innerText()), {
    saw: () => page.locator('body').innerText(),
  });
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'fr');
  const text = await page.locator('body').innerText();
  assert.ok(!/\b(Invite|Side by side|Start recording)\b/.test(text), text);
  await page.keyboard.press('4');
  await preview(4);
  await page.keyboard.press('Space');
  await program(4);
  await page.context().close();
});

test('a key typed into a text field is text, not an order', async () => {
  const page = await show.operatorPage();
  await eventually('the page knows the show', () => page.locator('canvas').count());
  const { program: onAir, preview: prepared } = structuredClone(show.operator.show);
  const field = page.getByLabel('Name of the event');
  await field.fill('');
  await field.pressSequentially('Gala 12 3');
  await field.press('Enter');
  await show.operator.until('the event has its name', ({ name }) => name === 'Gala 12 3');
  assert.deepEqual([show.operator.show.program, show.operator.show.preview], [onAir, prepared]);
  await page.context().close();
});

test('the multiview page alone shows every tile moving', async () => {
  const page = await show.operatorPage();
  await page.goto(show.regie.url('/multiview'));
  await eventually('the multiview is drawn', () => page.evaluate(() => Number(document.querySelector('canvas')?.dataset.drawn) > 5), {
    saw: () => page.locator('body').innerText(),
  });
  for (const n of [1, 3, 4]) await moves(page, n);
  await page.context().close();
});

test('a tile is clicked to prepare and double clicked to go on air', async () => {
  const page = await show.operatorPage();
  await eventually('the multiview is drawn', () => page.evaluate(() => Number(document.querySelector('canvas')?.dataset.drawn) > 5));
  const at = async (n) => {
    const { mosaic } = show.operator.show;
    const of = mosaic.tiles[n + 1];
    const box = await page.locator('canvas').boundingBox();
    const scale = box.width / mosaic.width;
    return [box.x + (of.x + of.width / 2) * scale, box.y + (of.y + of.height / 2) * scale];
  };
  await page.mouse.click(...(await at(2)));
  await preview(2);
  await page.mouse.dblclick(...(await at(1)));
  await program(1);
  await page.context().close();
});
