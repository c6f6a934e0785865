import type { Scene } from '../generated/Scene';
import type { Snapshot } from '../generated/Snapshot';
import type { Source } from '../generated/Source';
import type { SourceId } from '../generated/SourceId';

/** One source, full frame. */
export function full(source: SourceId | null): Scene {
  return { layout: 'full', sources: [source] };
}

/** Two sources, left and right. */
export function sideBySide(left: SourceId | null, right: SourceId | null): Scene {
  return { layout: 'sideBySide', sources: [left, right] };
}

/** The scene with `source` in its box number `box`; the source moves there if it stood in another. */
export function filled(scene: Scene, box: number, source: SourceId): Scene {
  const before = scene.sources[box] ?? null;
  return {
    ...scene,
    sources: scene.sources.map((one, n) => (n === box ? source : one === source ? before : one)),
  };
}

/** Side by side made from a scene: its first source on the left, the likeliest other one on the right. */
export function split(show: Snapshot): Scene {
  if (show.preview.layout === 'sideBySide') return show.preview;
  const left = show.preview.sources[0] ?? null;
  const others = [...show.program.sources, ...inOrder(show).map(({ id }) => id)];
  const right = others.find((id) => id !== null && id !== left) ?? null;
  return sideBySide(left, right);
}

/** Sources in the order of their tiles. */
export function inOrder(show: Snapshot): Source[] {
  const byId = new Map(show.sources.map((source) => [source.id, source]));
  const placed: Source[] = [];
  for (const { of } of show.mosaic.tiles) {
    const source = of.type === 'source' ? byId.get(of.id) : undefined;
    if (source) placed.push(source);
  }
  // A source whose tile is not laid yet comes last rather than nowhere.
  return [...placed, ...show.sources.filter((source) => !placed.includes(source))];
}

/** The names of a scene's sources as one line; `black` where it is empty. */
export function nameOf(scene: Scene, show: Snapshot, black: string): string {
  const names = scene.sources.map((id) => show.sources.find((source) => source.id === id)?.name);
  const known = names.filter((name) => name !== undefined);
  return known.length ? known.join(' + ') : black;
}
