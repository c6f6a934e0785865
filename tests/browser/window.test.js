// The desktop window: the operator's page on a display, with a multiview that moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { READER } from './harness/chromium.js';
import { Window, difference, grey } from './harness/window.js';
import { eventually } from './harness/wait.js';

// Where the multiview's picture has program and the first and the last of four sources, in pixels.
const TILES = [
  { x: 640, y: 0, width: 640, height: 360 },
  { x: 0, y: 360, width: 320, height: 180 },
  { x: 960, y: 360, width: 320, height: 180 },
];

test('the window shows a moving multiview, each picture in its place, and ends cleanly', async () => {
  const window = await Window.open(['--demo']);
  try {
    const text = () => window.run('return document.body.innerText');
    await eventually('the multiview is drawn', () => window.run(
      'const canvas = document.querySelector("canvas"); return !!canvas && Number(canvas.dataset.drawn) > 30',
    ), { ms: 40_000, saw: text });
    assert.match(await window.run('return location.pathname'), /^\/operator/);
    let before = grey(await window.picture('canvas'));
    window.photograph('window-1.png');
    const bright = before.luma.filter((value) => value > 60).length / before.luma.length;
    assert.ok(bright > 0.05, `the multiview is black: ${bright}`);
    let moved = 0;
    await eventually('the multiview moves', async () => {
      const now = grey(await window.picture('canvas'));
      moved = difference(before, now);
      before = now;
      return moved > 0.002;
    }, { saw: () => `${moved} of the pixels changed` });
    window.photograph('window-2.png');

    // Every picture stands where its label and its frame do: the number is read where the tile begins.
    await window.run(`(${READER})()`);
    for (const tile of TILES) {
      const read = () =>
        window.run(`
          const canvas = document.querySelector('canvas');
          const [tile] = arguments;
          const region = { x: tile.x / canvas.width, y: tile.y / canvas.height, width: tile.width / canvas.width, height: tile.height / canvas.height };
          return [canvas.width, canvas.height, globalThis.reader.number(canvas, region)];
        `, tile);
      await eventually(`a number in the tile at ${tile.x}, ${tile.y}`, async () => (await read())[2] !== null, { saw: read });
    }

    const how = await window.run('const { dataset } = document.querySelector("canvas"); return { ...dataset }');
    console.log(`the window's multiview: ${JSON.stringify(how)}, ${(moved * 100).toFixed(1)} % of the pixels changed`);

    await window.end();
  } finally {
    await window.close();
  }
});
