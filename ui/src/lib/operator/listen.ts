import type { Desk } from './desk.svelte';
import { actionOf, type Focus } from './keys';

const FIELDS = 'input, textarea, select, [contenteditable], dialog, [role=menu]';

/**
 * Hears the keyboard for the whole page; returns how to stop. Whether a control shows its ring is followed here
 * rather than asked of `:focus-visible`, whose answer differs between browsers once a key is pressed after a click.
 */
export function listenToKeys(desk: Desk): () => void {
  let byKeyboard = false;

  // What the key was pressed in counts, not where the focus is by now: a field that lets go on Enter would
  // otherwise hand its Enter on as Auto.
  const focus = (event: KeyboardEvent): Focus => {
    const pressed = event.target;
    const somewhere = pressed instanceof HTMLElement && pressed !== document.body;
    return {
      typing: desk.open !== null || (somewhere && pressed.closest(FIELDS) !== null),
      ring: somewhere && byKeyboard,
    };
  };

  const act = (event: KeyboardEvent) => {
    if (event.key === 'Tab' || event.key.startsWith('Arrow')) byKeyboard = true;
    if (event.defaultPrevented) return;
    const { code, key, shiftKey: shift, repeat } = event;
    const modified = event.ctrlKey || event.altKey || event.metaKey;
    const action = actionOf({ code, key, shift, modified, repeat }, focus(event));
    if (!action) return;
    if (action.do === 'release') {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      return;
    }
    event.preventDefault();
    if (repeat) return;
    if (action.do === 'preview') desk.previewNth(action.index);
    else if (action.do === 'cut') desk.cutNth(action.index);
    else if (action.do === 'take') desk.take();
    else if (action.do === 'auto') desk.auto();
    else desk.open = { what: 'keys' };
  };

  // Firefox presses a focused button when Space is let go, whatever happened when it went down.
  const letGo = (event: KeyboardEvent) => {
    if (event.code === 'Space' && !focus(event).typing) event.preventDefault();
  };
  const pointed = () => (byKeyboard = false);

  // A button pressed by pointer lets go of the focus: with a ring left on it, the next Enter would be in doubt.
  const clicked = (event: MouseEvent) => {
    const active = document.activeElement;
    if (event.detail === 0 || !(active instanceof HTMLElement) || !(event.target instanceof Node)) return;
    if (active.matches('button, [role=button]') && active.contains(event.target)) active.blur();
  };

  window.addEventListener('keydown', act);
  window.addEventListener('keyup', letGo);
  window.addEventListener('pointerdown', pointed, true);
  window.addEventListener('click', clicked);
  return () => {
    window.removeEventListener('keydown', act);
    window.removeEventListener('keyup', letGo);
    window.removeEventListener('pointerdown', pointed, true);
    window.removeEventListener('click', clicked);
  };
}
