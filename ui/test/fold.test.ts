import { describe, expect, test } from 'vitest';
import { fold } from '../src/lib/fold';
import type { Event } from '../src/lib/generated/Event';
import { full, sideBySide } from '../src/lib/operator/scenes';
import { aShow, aSource } from './show';

describe('fold', () => {
  const show = aShow();

  test('leaves the snapshot it was given as it is', () => {
    const before = JSON.stringify(show);
    fold(show, { type: 'sourceRemoved', id: 1 });
    fold(show, { type: 'showNamed', name: 'Other' });
    expect(JSON.stringify(show)).toBe(before);
  });

  test('adds a source at the end and replaces one by its id', () => {
    const added = fold(show, { type: 'sourceAdded', source: aSource(3, 'Goal') });
    expect(added.sources.map(({ name }) => name)).toEqual(['Léa', 'Stand', 'Goal']);
    const changed = fold(added, { type: 'sourceChanged', source: aSource(2, 'Tribune', { state: 'held' }) });
    expect(changed.sources.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'Léa live',
      'Tribune held',
      'Goal live',
    ]);
  });

  test('the same event twice changes nothing more', () => {
    const events: Event[] = [
      { type: 'sourceAdded', source: aSource(3, 'Goal') },
      { type: 'sourceRemoved', id: 1 },
      { type: 'viewersCounted', count: 7 },
      { type: 'faultRaised', fault: aFault(4) },
    ];
    for (const event of events) {
      const once = fold(show, event);
      expect(fold(once, event)).toEqual(once);
    }
  });

  test('a take brings both scenes, and a mix lasts until its end is told', () => {
    const mix = { type: 'mix', durationMs: 500 } as const;
    const taken = fold(show, { type: 'sceneTaken', program: sideBySide(2, 1), preview: full(1), transition: mix });
    expect(taken).toMatchObject({ program: sideBySide(2, 1), preview: full(1), mixing: mix });
    expect(fold(taken, { type: 'transitionEnded' }).mixing).toBeNull();
  });

  test('a cut ends the mix that was under way', () => {
    const mixing = { ...show, mixing: { type: 'mix', durationMs: 500 } as const };
    const cut: Event = { type: 'sceneTaken', program: full(2), preview: full(1), transition: { type: 'cut' } };
    expect(fold(mixing, cut).mixing).toBeNull();
  });

  test('faults come, are replaced, and go by their id', () => {
    const raised = fold(show, { type: 'faultRaised', fault: aFault(4) });
    const worse = fold(raised, { type: 'faultRaised', fault: { ...aFault(4), detail: 'again' } });
    expect(worse.faults).toEqual([{ ...aFault(4), detail: 'again' }]);
    expect(fold(worse, { type: 'faultCleared', id: 4 }).faults).toEqual([]);
  });

  test('everything that stands alone is replaced as a whole', () => {
    const recording = { type: 'on', file: 'a.mp4', sinceMs: 1 } as const;
    const links = { camera: 'c', watch: 'w', trust: 't', addresses: ['a'] };
    const mosaic = { width: 10, height: 10, tiles: [] };
    expect(fold(show, { type: 'recordingChanged', recording }).recording).toEqual(recording);
    expect(fold(show, { type: 'linksChanged', links }).links).toEqual(links);
    expect(fold(show, { type: 'mosaicArranged', mosaic }).mosaic).toEqual(mosaic);
    expect(fold(show, { type: 'previewChanged', scene: full(1) }).preview).toEqual(full(1));
    expect(fold(show, { type: 'transitionChosen', transition: { type: 'cut' } }).transition).toEqual({ type: 'cut' });
    expect(fold(show, { type: 'tokensChanged', tokens: [] }).tokens).toEqual([]);
    expect(fold(show, { type: 'showNamed', name: 'Gala' }).name).toBe('Gala');
  });

  test('an event of a newer core changes nothing', () => {
    expect(fold(show, { type: 'somethingNew' } as unknown as Event)).toBe(show);
  });
});

function aFault(id: number) {
  return { id, severity: 'error', code: 'source_failed', subject: 'Léa', detail: 'no', sinceMs: 0 } as const;
}
