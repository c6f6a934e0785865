import { recall, remember } from '../remember';
import type { camera } from './camera';
import type { common } from './common';
import type { multiview } from './multiview';
import type { operator } from './operator';
import type { trust } from './trust';
import type { watch } from './watch';

/** The languages, in the order of every table's columns. */
export const LANGUAGES = ['en', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A key's text in every language. `{name}` is filled in; `{count#one|many}` chooses by number. */
export type Texts = Record<string, readonly [en: string, fr: string]>;

/**
 * Every key of every table. The tables are imported as types only: a page carries no more texts than the ones
 * its entry hands to `speak`.
 */
export type Key = keyof (typeof common & typeof operator & typeof multiview & typeof camera & typeof watch & typeof trust);

const texts: Texts = {};

function chosen(): Language {
  const kept = recall('language');
  if (kept === 'en' || kept === 'fr') return kept;
  const wanted = typeof navigator === 'undefined' ? [] : (navigator.languages ?? [navigator.language]);
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().startsWith(language));
    if (found) return found;
  }
  return 'en';
}

let current = $state<Language>(chosen());

/** Adds tables; called once by each page's entry. */
export function speak(...tables: Texts[]): void {
  Object.assign(texts, ...tables);
  document.documentElement.lang = current;
}

/** The language of the page now. */
export function language(): Language {
  return current;
}

/** Changes the language and keeps the choice. */
export function setLanguage(next: Language): void {
  current = next;
  remember('language', next);
  document.documentElement.lang = next;
}

/** French sets a space before these signs and inside its quotes, where no line may break. */
function typeset(text: string): string {
  return text.replace(/ ([?!;:»])/g, '\u202f$1').replace(/« /g, '«\u202f');
}

/** Fills a text: `{name}` by value, `{count#phone|phones}` by what the language calls one. */
export function fill(text: string, values: Record<string, string | number>, tongue: Language): string {
  return text.replace(/\{(\w+)(?:#([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (one === undefined || many === undefined) return String(value);
    return new Intl.PluralRules(tongue).select(Number(value)) === 'one' ? one : many;
  });
}

/** The text of a key in the page's language. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const row = texts[key];
  if (!row) return key;
  const text = row[LANGUAGES.indexOf(current)] ?? row[0];
  return fill(current === 'fr' ? typeset(text) : text, values, current);
}
