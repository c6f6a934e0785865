import type { SourceId } from '../generated/SourceId';

const KIND = 'application/x-regie-source';

/** A source's picture is being dragged. */
export function dragSource(event: DragEvent, source: SourceId): void {
  event.dataTransfer?.setData(KIND, String(source));
  if (event.dataTransfer) event.dataTransfer.effectAllowed = 'copy';
}

/** Whether what hovers is a source; allows the drop if it is. */
export function hovers(event: DragEvent): boolean {
  const ours = event.dataTransfer?.types.includes(KIND) ?? false;
  if (ours) event.preventDefault();
  return ours;
}

/** The source that was dropped; `null` where it was something else. */
export function dropped(event: DragEvent): SourceId | null {
  const raw = event.dataTransfer?.getData(KIND);
  if (!raw) return null;
  event.preventDefault();
  const id = Number(raw);
  return Number.isInteger(id) ? id : null;
}
