import { describe, expect, test } from 'vitest';
import { actionOf, type Focus, type Press } from '../src/lib/operator/keys';
import { linkFor } from '../src/lib/operator/links';
import { filled, full, inOrder, nameOf, sideBySide, split } from '../src/lib/operator/scenes';
import { span } from '../src/lib/operator/time';
import { aShow, aSource } from './show';

const press = (code: string, rest: Partial<Press> = {}): Press => ({
  code,
  key: code,
  shift: false,
  modified: false,
  repeat: false,
  ...rest,
});
const free: Focus = { typing: false, ring: false };

describe('keys', () => {
  const check = (given: Press, focus: Focus, expected: unknown) => expect(actionOf(given, focus)).toEqual(expected);

  test('digits prepare, with Shift they cut, zero is the tenth', () => {
    check(press('Digit1'), free, { do: 'preview', index: 0 });
    check(press('Digit0'), free, { do: 'preview', index: 9 });
    check(press('Numpad3'), free, { do: 'preview', index: 2 });
    check(press('Digit4', { shift: true, key: '$' }), free, { do: 'cut', index: 3 });
  });

  test('a digit key counts by its place: no Shift is needed on a French keyboard', () => {
    check(press('Digit2', { key: 'é' }), free, { do: 'preview', index: 1 });
  });

  test('Space takes, even with a ring on another button', () => {
    check(press('Space', { key: ' ' }), free, { do: 'take' });
    check(press('Space', { key: ' ' }), { typing: false, ring: true }, { do: 'take' });
  });

  test('Enter is Auto, but presses the control that shows its ring', () => {
    check(press('Enter', { key: 'Enter' }), free, { do: 'auto' });
    check(press('Enter', { key: 'Enter' }), { typing: false, ring: true }, null);
  });

  test('nothing while a field has the focus, nor with Control, Alt or Meta', () => {
    for (const code of ['Digit1', 'Space', 'Enter']) {
      check(press(code), { typing: true, ring: false }, null);
      check(press(code, { modified: true }), free, null);
    }
  });

  test('a digit held down acts once', () => {
    check(press('Digit1', { repeat: true }), free, null);
  });
});

describe('scenes', () => {
  const show = aShow({ sources: [aSource(1, 'Léa'), aSource(2, 'Stand'), aSource(3, 'Goal')] });

  test('a source that fills another box leaves its own, and the two change places', () => {
    expect(filled(sideBySide(1, 2), 0, 3)).toEqual(sideBySide(3, 2));
    expect(filled(sideBySide(1, 2), 0, 2)).toEqual(sideBySide(2, 1));
  });

  test('side by side starts with what is prepared and what is on air', () => {
    expect(split(show)).toEqual(sideBySide(2, 1));
    expect(split({ ...show, program: full(2) })).toEqual(sideBySide(2, 1));
  });

  test('side by side of a lone source leaves a black half', () => {
    const alone = aShow({ sources: [aSource(1, 'Léa')], preview: full(1), program: full(1) });
    expect(split(alone)).toEqual(sideBySide(1, null));
  });

  test('sources stand in the order of their tiles; one without a tile comes last', () => {
    expect(inOrder({ ...show, sources: [...show.sources].reverse() }).map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  test('a scene is called by its sources, an empty one black', () => {
    expect(nameOf(sideBySide(1, 2), show, 'Black')).toBe('Léa + Stand');
    expect(nameOf(full(null), show, 'Black')).toBe('Black');
  });
});

describe('small things', () => {
  test('links lead to the best address, or to where this page came from', () => {
    const links = {
      camera: 'https://192.168.1.20:9090/j/abc',
      watch: 'http://192.168.1.20:9090/watch',
      trust: '',
      addresses: [],
    };
    const none = { camera: '', watch: '', trust: '', addresses: [] };
    expect(linkFor('camera', 's', links, 'http://127.0.0.1:9090')).toBe('https://192.168.1.20:9090/j/s');
    expect(linkFor('operator', 's', links, 'x')).toBe('https://192.168.1.20:9090/operator?token=s');
    expect(linkFor('viewer', 's', links, 'x')).toBe('http://192.168.1.20:9090/watch?token=s');
    expect(linkFor('camera', 's', none, 'http://127.0.0.1:9090')).toBe('http://127.0.0.1:9090/j/s');
  });

  test('a span counts hours and is never negative', () => {
    expect(span(2_530_000)).toBe('00:42:10');
    expect(span(-5)).toBe('00:00:00');
  });
});
