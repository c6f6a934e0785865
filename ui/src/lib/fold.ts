import type { Event } from './generated/Event';
import type { Snapshot } from './generated/Snapshot';

/** Puts `item` in the place of the one with its id, or at the end. */
function replaced<T extends { id: number }>(list: T[], item: T): T[] {
  return list.some((one) => one.id === item.id)
    ? list.map((one) => (one.id === item.id ? item : one))
    : [...list, item];
}

/**
 * The show after an event. Pure: the snapshot given is left as it is. Events carry whole new values, so this
 * replaces by id and never patches; applying the same event twice changes nothing more.
 */
export function fold(show: Snapshot, event: Event): Snapshot {
  switch (event.type) {
    case 'sourceAdded':
    case 'sourceChanged':
      return { ...show, sources: replaced(show.sources, event.source) };
    case 'sourceRemoved':
      return { ...show, sources: show.sources.filter((source) => source.id !== event.id) };
    case 'previewChanged':
      return { ...show, preview: event.scene };
    case 'sceneTaken':
      return {
        ...show,
        program: event.program,
        preview: event.preview,
        mixing: event.transition.type === 'cut' ? null : event.transition,
      };
    case 'transitionEnded':
      return { ...show, mixing: null };
    case 'transitionChosen':
      return { ...show, transition: event.transition };
    case 'mosaicArranged':
      return { ...show, mosaic: event.mosaic };
    case 'recordingChanged':
      return { ...show, recording: event.recording };
    case 'viewersCounted':
      return { ...show, viewers: event.count };
    case 'faultRaised':
      return { ...show, faults: replaced(show.faults, event.fault) };
    case 'faultCleared':
      return { ...show, faults: show.faults.filter((fault) => fault.id !== event.id) };
    case 'tokensChanged':
      return { ...show, tokens: event.tokens };
    case 'linksChanged':
      return { ...show, links: event.links };
    case 'showNamed':
      return { ...show, name: event.name };
    default:
      // A newer core may tell of things this page does not know; its next snapshot will hold them.
      return show;
  }
}
