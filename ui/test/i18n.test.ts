import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { camera } from '../src/lib/i18n/camera';
import { common } from '../src/lib/i18n/common';
import { multiview } from '../src/lib/i18n/multiview';
import { operator } from '../src/lib/i18n/operator';
import { trust } from '../src/lib/i18n/trust';
import { watch } from '../src/lib/i18n/watch';

const SRC = resolve(import.meta.dirname, '../src');
const tables = { common, operator, multiview, camera, watch, trust };
const all = Object.entries(tables).flatMap(([table, texts]) =>
  Object.entries(texts).map(([key, row]) => ({ table, key, row: row as readonly string[] })),
);

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|svelte)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('/i18n/') && !path.includes('/generated/'));
}

/** Every file that a page is made of, from its entry on. Types leave nothing in a page. */
function reached(entry: string, seen = new Set<string>()): Set<string> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  const text = readFileSync(entry, 'utf8');
  for (const [, what, from] of text.matchAll(/(?:import|export)\s+(type\s)?[^'";]*?from '(\.[^']+)'/g)) {
    if (what?.trim() === 'type' || from === undefined) continue;
    const path = resolve(dirname(entry), from);
    const file = [path, `${path}.ts`].find((one) => /\.(ts|svelte)$/.test(one) && exists(one));
    if (file) reached(file, seen);
  }
  return seen;
}

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Keys that a file names, and the beginnings of those that it puts together. */
function named(text: string): { keys: string[]; stems: string[] } {
  const keys = [...text.matchAll(/'([\w]+(?:\.[\w]+)*)'/g)].map(([, key]) => key!);
  const stems = [...text.matchAll(/t\(`([\w.]+\.)\$\{/g)].map(([, stem]) => stem!);
  return { keys, stems };
}

describe('translations', () => {
  test('every text is there in both languages and fills the same blanks', () => {
    const blanks = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name))].sort();
    for (const { key, row } of all) {
      expect(row, key).toHaveLength(2);
      for (const text of row) expect(text.trim(), key).not.toBe('');
      expect(blanks(row[0]!), key).toEqual(blanks(row[1]!));
    }
  });

  test('no key stands in two tables', () => {
    const keys = all.map(({ key }) => key);
    expect(keys.filter((key, n) => keys.indexOf(key) !== n)).toEqual([]);
  });

  test('no text is unused', () => {
    const used = files(SRC).map((path) => named(readFileSync(path, 'utf8')));
    const keys = new Set(used.flatMap((one) => one.keys));
    const stems = used.flatMap((one) => one.stems);
    const unused = all.filter(({ key }) => !keys.has(key) && !stems.some((stem) => key.startsWith(stem)));
    expect(unused.map(({ key }) => key)).toEqual([]);
  });

  test('a page carries every text that its parts name', () => {
    const byKey = new Map(all.map(({ key, table }) => [key, table]));
    for (const entry of readdirSync(join(SRC, 'entries')).filter((name) => name !== 'open.ts')) {
      const path = join(SRC, 'entries', entry);
      const carried = [...readFileSync(path, 'utf8').matchAll(/i18n\/(\w+)'/g)].map(([, table]) => table!);
      const missing = new Set<string>();
      for (const file of reached(path)) {
        const { keys, stems } = named(readFileSync(file, 'utf8'));
        for (const { key, table } of all) {
          const named = keys.includes(key) || stems.some((stem) => key.startsWith(stem));
          if (named && !carried.includes(table) && byKey.get(key) === table) missing.add(`${key} in ${file}`);
        }
      }
      expect([...missing], entry).toEqual([]);
    }
  });

  test('no text is written into a page but the product’s name', () => {
    for (const path of files(SRC).filter((one) => one.endsWith('.svelte'))) {
      const markup = readFileSync(path, 'utf8')
        .replace(/<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>|<!--[\s\S]*?-->/g, '')
        .replace(/\{[#:/@][^}]*\}/g, '');
      const words = [...markup.matchAll(/>([^<>{}]*\p{L}{2,}[^<>{}]*)</gu)].map(([, text]) => text!.trim());
      expect(words.filter((word) => word !== 'Régie' && !/[=()]/.test(word)), path).toEqual([]);
    }
  });
});
