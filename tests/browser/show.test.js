// The main job: phones come by the code, the operator cuts, the audience sees and hears.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Show, whose } from './harness/show.js';
import { eventually, rank } from './harness/wait.js';

let show, lea, tom, one, two;

before(async () => {
  show = await Show.start();
});
after(() => show?.stop());

test('a phone scans the code, gives its name, and is in the multiview', async () => {
  lea = await show.phone('Léa', { codec: 'h264' });
  const source = show.operator.source('Léa');
  assert.equal(source.kind.type, 'phone');
  assert.deepEqual([source.picture.width, source.picture.height], [640, 360]);
  console.log(`join pressed → live on /control: ${Date.now() - lea.pressed} ms`);
  await lea.says('off air');
  await eventually('Léa sends H.264', async () => (await lea.sending()).codec === 'video/H264', { saw: () => lea.sending() });
});

test('a viewer sees and hears the program', async () => {
  await show.cut('Léa');
  await lea.says('on air');
  one = await show.viewer();
  await one.eventuallyShows(lea.id);
  const [first] = (await one.seen()).filter((frame) => frame.number !== null);
  console.log(`watch page opened → first picture of the phone: ${Math.round(first.at - one.opened)} ms`);
  await one.hearsTheBeep();
});

test('a second phone, with VP8 only, joins and program never stops', async () => {
  const since = await one.page.evaluate(() => performance.timeOrigin + performance.now());
  tom = await show.phone('Tom', { codec: 'vp8' });
  await eventually('Tom sends VP8', async () => (await tom.sending()).codec === 'video/VP8', { saw: () => tom.sending() });
  two = await show.viewer();
  await two.eventuallyShows(lea.id);
  const frames = await one.seen(since);
  const numbers = frames.map((frame) => frame.number);
  assert.ok(frames.length > 20, `only ${frames.length} frames`);
  assert.ok(numbers.filter((number) => number !== null).every((number) => whose(number) === lea.id));
  // How evenly this screen shows it is this machine's matter, which is starting a browser page meanwhile; that
  // program itself misses no frame is looked at where it is made (tests/program.rs).
  console.log(`longest pause on the first screen meanwhile: ${Math.round(longestGap(frames))} ms`);
  assert.ok(longestGap(frames) < 5000, `the first screen stood still for ${longestGap(frames)} ms`);
});

test('a take is clean: one source, then the other, none black, none long repeated', async () => {
  await show.preview('Tom');
  await tom.says('next');
  for (const [from, to] of [
    [lea, tom],
    [tom, lea],
    [lea, tom],
  ]) {
    await two.eventuallyShows(from.id);
    const since = (await two.last()).at;
    await show.command({ type: 'take' });
    await two.eventuallyShows(to.id);
    await eventually('some frames of the new one', async () => (await two.seen(since)).filter((frame) => whose(frame.number) === to.id).length > 15);
    const frames = await two.seen(since);
    const ids = frames.map((frame) => whose(frame.number));
    const switches = ids.filter((id, n) => n > 0 && id !== ids[n - 1]);
    const story = ids.join(' ');
    assert.deepEqual(switches, [to.id], `not one clean switch: ${story}`);
    assert.ok(frames.every((frame) => frame.brightness > 40), `a black frame: ${frames.map((frame) => frame.brightness)}`);
  }
  // With preview and program exchanged by each take, it is Léa's turn to be next.
  assert.deepEqual(show.operator.show.preview, show.full('Léa'));
});

test('both viewers see the same program, in order', async () => {
  for (const viewer of [one, two]) {
    await viewer.eventuallyShows(tom.id);
    const before = (await viewer.seen()).length;
    await eventually('60 more frames', async () => (await viewer.seen()).length > before + 60);
    const numbers = (await viewer.seen()).slice(-50).map((frame) => frame.number & 0xffff);
    const steps = numbers.slice(1).map((number, n) => number - numbers[n]);
    assert.ok(steps.every((step) => step >= 0), `a number went back: ${numbers}`);
    assert.ok(rank(steps, 0.5) <= 2, `frames are missing: ${numbers}`);
  }
});

test('auto mixes for as long as asked, then tells', async () => {
  await show.command({ type: 'setTransition', transition: { type: 'mix', durationMs: 600 } });
  await show.preview('Léa');
  const began = show.operator.events.length;
  await show.command({ type: 'auto' });
  await one.eventuallyShows(lea.id);
  await eventually('the mix has ended', () => show.operator.events.slice(began).some(({ event }) => event.type === 'transitionEnded'));
  assert.deepEqual(show.operator.show.program, show.full('Léa'));
});

test('side by side shows both', async () => {
  const [left, right] = [show.operator.source('Léa').id, show.operator.source('Tom').id];
  await show.command({ type: 'cut', scene: { layout: 'sideBySide', sources: [left, right] } });
  const halves = () =>
    two.page.evaluate(() => {
      const video = document.querySelector('video');
      const half = (x) => globalThis.reader.number(video, { x, y: 0.25, width: 0.5, height: 0.5 });
      return [half(0), half(0.5)];
    });
  await eventually('both halves carry numbers', async () => {
    const found = (await halves()).map(whose);
    return found[0] === lea.id && found[1] === tom.id;
  }, { saw: halves });
});

test('a phone that is closed shows at once on the operator’s page, and comes back into the same tile', async () => {
  await show.cut('Léa');
  const page = await show.operatorPage();
  const text = () => page.locator('body').innerText();
  const tiles = async () => [whose(await show.tile(page, 1)), whose(await show.tile(page, 2)), whose(await show.tile(page, 3))];
  await eventually('program, Léa and Tom are in the multiview', async () => {
    return (await tiles()).join() === [lea.id, lea.id, tom.id].join();
  }, { saw: tiles });

  const before = show.operator.source('Tom');
  const closed = Date.now();
  await tom.page.goto('about:blank');
  await show.operator.until('Tom is lost', ({ sources }) => sources.some(({ name, state }) => name === 'Tom' && state === 'lost'));
  console.log(`phone closed → lost on /control: ${Date.now() - closed} ms`);
  await eventually('the page says so', async () => /no signal/i.test(await text()), { saw: text });
  await one.eventuallyShows(lea.id);

  await tom.join();
  const again = show.operator.source('Tom');
  assert.deepEqual([again.id, again.slot], [before.id, before.slot]);
  assert.equal(show.operator.show.sources.length, 2);
  await eventually('Tom is in his tile again', async () => (await tiles())[2] === tom.id, { saw: tiles });
  await page.context().close();
});

test('Firefox is a phone too', async () => {
  const zoe = await show.firefoxPhone('Zoé');
  await show.cut('Zoé');
  await one.eventuallyShows(zoe.wish.id);
  await one.hearsTheBeep();
});

/** The longest time between two frames, ms. */
function longestGap(frames) {
  return Math.max(...frames.slice(1).map((frame, n) => frame.at - frames[n].at));
}
