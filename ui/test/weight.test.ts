import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';

const DIST = resolve(import.meta.dirname, '../dist');

/** Everything that a first visit to a page loads, gzipped, in bytes. */
function weight(page: string): number {
  const html = readFileSync(resolve(DIST, page), 'utf8');
  const parts = new Set([...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!));
  // A chunk that another one imports is loaded whether the page names it or not.
  for (const part of parts) {
    if (!part.endsWith('.js')) continue;
    const code = readFileSync(resolve(DIST, part.slice(1)), 'utf8');
    for (const [, name] of code.matchAll(/from\s*["']\.\/([\w.-]+\.js)["']/g)) parts.add(`/assets/${name}`);
  }
  return [...parts].reduce((sum, part) => sum + gzipSync(readFileSync(resolve(DIST, part.slice(1)))).length, gzipSync(html).length);
}

describe.skipIf(!existsSync(resolve(DIST, 'camera.html')))('the weight of a first visit', () => {
  test('a phone loads at most 60 kB before it can join', () => {
    expect(weight('camera.html')).toBeLessThan(60_000);
  });

  test('phones and viewers load nothing of the operator', () => {
    for (const page of ['camera.html', 'watch.html', 'trust.html']) {
      expect(readFileSync(resolve(DIST, page), 'utf8')).not.toMatch(/operator|control/);
    }
  });

  test('no page has anything inline or from elsewhere', () => {
    for (const page of ['operator', 'multiview', 'camera', 'watch', 'trust']) {
      const html = readFileSync(resolve(DIST, `${page}.html`), 'utf8');
      expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle=|https?:\/\//);
    }
  });
});
