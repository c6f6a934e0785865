import { Connection, Refused } from '../control.svelte';
import type { Command } from '../generated/Command';
import type { Reply } from '../generated/Reply';
import type { Scene } from '../generated/Scene';
import type { SourceId } from '../generated/SourceId';
import type { Source } from '../generated/Source';
import { filled, full, inOrder, sideBySide, split } from './scenes';

/** How long a refusal stays to be read, ms. */
const READ = 4000;

/** What the operator has open over the desk. */
export type Open =
  | { what: 'keys' }
  | { what: 'rename'; source: Source }
  | { what: 'remove'; source: Source }
  | { what: 'menu'; source: SourceId; x: number; y: number };

/** The operator's desk: turns presses into commands, and keeps what only this screen knows. */
export class Desk {
  readonly line: Connection;
  /** The last refusal, while it is shown. */
  refusal = $state<{ code: Refused['code']; n: number } | null>(null);
  open = $state.raw<Open | null>(null);

  #clear: ReturnType<typeof setTimeout> | undefined;
  #refusals = 0;
  #beforeClick: { scene: Scene; at: number } | null = null;

  constructor(line = new Connection()) {
    this.line = line;
  }

  get show() {
    return this.line.show;
  }

  /** Sources in the order of their tiles, which is the order of the digits. */
  readonly sources = $derived.by<Source[]>(() => (this.line.show ? inOrder(this.line.show) : []));

  /** Gives an order; a refusal is shown as a line and comes back as `null`. */
  async order(command: Command): Promise<Reply | true | null> {
    try {
      return (await this.line.send(command)) ?? true;
    } catch (error) {
      this.#tell(error instanceof Refused ? error.code : 'offline');
      return null;
    }
  }

  preview(source: SourceId): void {
    const scene = this.show?.preview;
    if (scene) this.#beforeClick = { scene, at: performance.now() };
    void this.order({ type: 'setPreview', scene: full(source) });
  }

  cut(source: SourceId): void {
    void this.order({ type: 'cut', scene: full(source) });
  }

  /** A second click: the first one prepared the source, which nobody wanted, so that is undone. */
  cutAfterClick(source: SourceId): void {
    const before = this.#beforeClick;
    this.cut(source);
    if (before && performance.now() - before.at < 1000) void this.order({ type: 'setPreview', scene: before.scene });
  }

  previewNth(index: number): void {
    const source = this.sources[index];
    if (source) this.preview(source.id);
  }

  cutNth(index: number): void {
    const source = this.sources[index];
    if (source) this.cut(source.id);
  }

  take(): void {
    void this.order({ type: 'take' });
  }

  auto(): void {
    void this.order({ type: 'auto' });
  }

  /** Another layout for the prepared scene; what stands in it stays where it can. */
  layOut(layout: Scene['layout']): void {
    const { show } = this;
    if (!show || show.preview.layout === layout) return;
    const scene = layout === 'full' ? full(show.preview.sources.find((id) => id !== null) ?? null) : split(show);
    void this.order({ type: 'setPreview', scene });
  }

  /** Puts a source into a box of the prepared scene. */
  fill(box: number, source: SourceId): void {
    const { show } = this;
    if (show) void this.order({ type: 'setPreview', scene: filled(show.preview, box, source) });
  }

  /** Puts a source into the left (0) or right (1) half, making the prepared scene side by side if it is not. */
  fillHalf(half: 0 | 1, source: SourceId): void {
    const { show } = this;
    if (!show) return;
    let scene = show.preview;
    if (scene.layout !== 'sideBySide') {
      const stays = scene.sources[0] ?? null;
      const other = stays === source ? null : stays;
      scene = half === 0 ? sideBySide(null, other) : sideBySide(other, null);
    }
    void this.order({ type: 'setPreview', scene: filled(scene, half, source) });
  }

  record(): void {
    const { show } = this;
    if (show) void this.order({ type: show.recording.type === 'off' ? 'startRecording' : 'stopRecording' });
  }

  /** Takes a source out; asks first only where the audience would see it. */
  remove(source: Source): void {
    if (source.tally === 'program') this.open = { what: 'remove', source };
    else void this.order({ type: 'removeSource', source: source.id });
  }

  #tell(code: Refused['code']): void {
    this.refusal = { code, n: ++this.#refusals };
    clearTimeout(this.#clear);
    this.#clear = setTimeout(() => (this.refusal = null), READ);
  }
}
