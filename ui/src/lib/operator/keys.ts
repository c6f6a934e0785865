/** What a key asks for. */
export type KeyAction =
  | { do: 'preview' | 'cut'; index: number }
  | { do: 'take' }
  | { do: 'auto' }
  | { do: 'map' }
  | { do: 'release' };

/** The part of a key press that decides. */
export type Press = {
  /** The key's place on the keyboard, so that digits work on every layout without Shift. */
  code: string;
  /** The sign that it makes. */
  key: string;
  shift: boolean;
  /** Control, Alt or Meta: never ours. */
  modified: boolean;
  /** Held down. */
  repeat: boolean;
};

/** Where the press would go without us. */
export type Focus = {
  /** In a field, a dialog or a menu: all keys are theirs. */
  typing: boolean;
  /** On a control that was reached by keyboard and so shows its ring. */
  ring: boolean;
};

/**
 * What a press means on the operator's page; `null` leaves it to the browser.
 *
 * Space always takes, even with a ring on another button: the most important key must never do something else.
 * Enter presses the control with the ring, because there must be a way by keyboard to press it, and is Auto
 * otherwise. A key held down acts once.
 */
export function actionOf(press: Press, focus: Focus): KeyAction | null {
  if (focus.typing || press.modified) return null;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code)?.[1];
  if (digit !== undefined) {
    if (press.repeat) return null;
    const index = digit === '0' ? 9 : Number(digit) - 1;
    return { do: press.shift ? 'cut' : 'preview', index };
  }
  if (press.code === 'Space') return press.shift ? null : { do: 'take' };
  if (press.key === 'Enter') return focus.ring || press.shift ? null : { do: 'auto' };
  if (press.key === '?') return { do: 'map' };
  if (press.key === 'Escape') return { do: 'release' };
  return null;
}
