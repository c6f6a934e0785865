import type { Language } from '../i18n/i18n.svelte';

/** Time of day, hh:mm:ss. */
export function clock(ms: number, language: Language): string {
  return new Date(ms).toLocaleTimeString(language === 'fr' ? 'fr-FR' : 'en-GB');
}

/** A span as hh:mm:ss; never negative. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** A moment as a date and time. */
export function moment(ms: number, language: Language): string {
  return new Date(ms).toLocaleString(language === 'fr' ? 'fr-FR' : 'en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
}
