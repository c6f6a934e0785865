import { describe, expect, test } from 'vitest';
import { Backoff } from '../src/lib/backoff';
import { FrameAge } from '../src/lib/multiview/age';
import { codecOf, readFrame } from '../src/lib/multiview/header';
import { Alive } from '../src/lib/stream/alive';
import { where } from '../src/lib/stream/browser';
import { readMessage } from '../src/lib/stream/messages';
import { judge } from '../src/lib/stream/quality';
import { preferred, withStartBitrate } from '../src/lib/stream/sdp';

describe('a frame of the multiview', () => {
  const message = (...bytes: number[]) => new Uint8Array(bytes).buffer;

  test('is read from its header', () => {
    const frame = readFrame(message(1, 1, 0, 0, 0, 0, 1, 2, 0, 6, 0x24, 0, 0, 0, 0, 9, 0xaa, 0xbb));
    expect(frame).toMatchObject({ codec: 'h264', key: true, counter: 258 });
    expect(frame?.atUs).toBe(0x62400 * 2 ** 32 + 9);
    expect([...(frame?.data ?? [])]).toEqual([0xaa, 0xbb]);
  });

  test('is refused when short or of another kind', () => {
    expect(readFrame(message(1, 1, 0, 0))).toBeNull();
    expect(readFrame(message(3, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1))).toBeNull();
  });

  test('names its profile and level', () => {
    expect(codecOf(new Uint8Array([0, 0, 0, 1, 9, 0x10, 0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 1]))).toBe('avc1.42c01f');
    expect(codecOf(new Uint8Array([0, 0, 0, 1, 0x41, 1, 2, 3, 4, 5]))).toBeNull();
  });

  test('is as old as the clocks say where they are the same, else as the youngest one says', () => {
    const same = new FrameAge(true);
    const other = new FrameAge(false);
    for (let n = 0; n < 40; n++) {
      same.note(n * 33_000, n * 33_000 + 14_000);
      other.note(n * 33_000, n * 33_000 + 900_000_000 + (n === 0 ? 0 : 5_000));
    }
    expect(same.median()).toBe(14);
    expect(other.median()).toBe(5);
  });
});

describe('sdp', () => {
  const answer = [
    'v=0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'a=rtpmap:111 opus/48000/2',
    'm=video 9 UDP/TLS/RTP/SAVPF 102 97',
    'a=rtpmap:102 H264/90000',
    'a=fmtp:102 packetization-mode=1;profile-level-id=42e01f',
    'a=rtpmap:97 rtx/90000',
    '',
  ].join('\r\n');

  test('the start of the bandwidth estimate is written into the video codec alone', () => {
    const written = withStartBitrate(answer, 2000);
    expect(written).toContain('a=fmtp:102 packetization-mode=1;profile-level-id=42e01f;x-google-start-bitrate=2000\r\n');
    expect(written.match(/x-google/g)).toHaveLength(1);
    expect(withStartBitrate(written, 2000)).toBe(written);
  });

  test('a codec without parameters gets a line of its own', () => {
    const vp8 = answer.replace('H264', 'VP8').replace(/a=fmtp[^\r]*\r\n/, '');
    expect(withStartBitrate(vp8, 2000)).toContain('a=rtpmap:102 VP8/90000\r\na=fmtp:102 x-google-start-bitrate=2000\r\n');
  });

  test('H.264 constrained baseline is offered first, then VP8; what the régie refuses is left out', () => {
    const codecs = [
      { mimeType: 'video/AV1' },
      { mimeType: 'video/VP8' },
      { mimeType: 'video/rtx' },
      { mimeType: 'video/H264', sdpFmtpLine: 'packetization-mode=0;profile-level-id=42e01f' },
      { mimeType: 'video/H264', sdpFmtpLine: 'packetization-mode=1;profile-level-id=640c1f' },
      { mimeType: 'video/H264', sdpFmtpLine: 'packetization-mode=1;profile-level-id=42e01f' },
    ];
    expect(preferred(codecs)).toEqual([codecs[5], codecs[4], codecs[1], codecs[3], codecs[2]]);
  });
});

describe('a browser is known by its name', () => {
  const check = (agent: string, expected: object, touches = 0) => expect(where(agent, touches)).toMatchObject(expected);
  const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';

  test('phones', () => {
    check(`${iphone} Version/17.5 Mobile/15E148 Safari/604.1`, { system: 'ios', browser: 'safari', inApp: false });
    check(`${iphone} CriOS/126.0 Mobile/15E148 Safari/604.1`, { system: 'ios', browser: 'chrome', inApp: false });
    check('Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36', {
      system: 'android',
      browser: 'chrome',
      inApp: false,
    });
    check('Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0', {
      system: 'android',
      browser: 'firefox',
    });
  });

  test('an iPad that calls itself a Macintosh', () => {
    check('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/17.5 Safari/605', { system: 'ios' }, 5);
  });

  test('windows inside other apps', () => {
    check(`${iphone} Mobile/15E148 [FBAN/FBIOS;FBAV/400.0]`, { inApp: true });
    check(`${iphone} Mobile/15E148`, { inApp: true });
    check('Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 Version/4.0 Chrome/126.0', { inApp: true });
  });
});

describe('time', () => {
  test('waits grow to their bound and start over', () => {
    const backoff = new Backoff(250, 4000);
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.next(0.5))).toEqual([250, 500, 1000, 2000, 4000, 4000]);
    backoff.reset();
    expect(backoff.next(0.5)).toBe(250);
  });

  test('three seconds without a byte are silence, five are the end', () => {
    const alive = new Alive(0);
    expect(alive.note(10, 1000)).toBe('speaks');
    expect(alive.note(10, 3900)).toBe('speaks');
    expect(alive.note(10, 4100)).toBe('silent');
    expect(alive.note(11, 4200)).toBe('speaks');
    expect(alive.note(11, 9300)).toBe('dead');
  });

  test('quality is judged by frames, losses and freezes', () => {
    const before = { decoded: 0, lost: 0, received: 0, freezes: 0 };
    expect(judge(before, { decoded: 30, lost: 0, received: 300, freezes: 0 }, 1)).toBe('good');
    expect(judge(before, { decoded: 29, lost: 15, received: 300, freezes: 0 }, 1)).toBe('fair');
    expect(judge(before, { decoded: 6, lost: 0, received: 300, freezes: 0 }, 1)).toBe('poor');
  });
});

test('what the server says is read, what is no message is left alone', () => {
  expect(readMessage('{"type":"tally","state":"program"}')).toEqual({ type: 'tally', state: 'program' });
  expect(readMessage('nonsense')).toBeNull();
  expect(readMessage('[1]')).toBeNull();
});
