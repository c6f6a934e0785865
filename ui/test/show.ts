import type { Snapshot } from '../src/lib/generated/Snapshot';
import type { Source } from '../src/lib/generated/Source';
import { full } from '../src/lib/operator/scenes';

/** A phone that sends. */
export function aSource(id: number, name: string, rest: Partial<Source> = {}): Source {
  return {
    id,
    slot: id - 1,
    kind: { type: 'phone', device: `d${id}` },
    name,
    state: 'live',
    picture: { width: 1280, height: 720 },
    tally: 'off',
    ...rest,
  };
}

/** A show with two phones, the first on air, the second prepared. */
export function aShow(rest: Partial<Snapshot> = {}): Snapshot {
  return {
    name: 'Fête de l’école',
    format: { width: 1280, height: 720, fps: 30 },
    sources: [aSource(1, 'Léa', { tally: 'program' }), aSource(2, 'Stand', { tally: 'preview' })],
    preview: full(2),
    program: full(1),
    transition: { type: 'mix', durationMs: 500 },
    mixing: null,
    mosaic: {
      width: 1280,
      height: 720,
      tiles: [
        { of: { type: 'preview' }, x: 0, y: 0, width: 640, height: 360 },
        { of: { type: 'program' }, x: 640, y: 0, width: 640, height: 360 },
        { of: { type: 'source', id: 1 }, x: 0, y: 360, width: 320, height: 180 },
        { of: { type: 'source', id: 2 }, x: 320, y: 360, width: 320, height: 180 },
      ],
    },
    recording: { type: 'off' },
    viewers: 0,
    faults: [],
    tokens: [],
    links: { camera: '', watch: '', trust: '', addresses: [] },
    ...rest,
  };
}
