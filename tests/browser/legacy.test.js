// Somebody else's pages, written from the seven messages of the existing protocol and nothing more: they send
// and receive unchanged.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PHONE } from './harness/chromium.js';
import { Show } from './harness/show.js';
import { eventually } from './harness/wait.js';

const CAMERA = `<!doctype html><title>camera</title><script>
const peers = {};
const socket = new WebSocket('ws://' + location.host + '/stream?token=TOKEN');
let stream;
socket.onopen = async () => {
  stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  socket.send(JSON.stringify({ type: 'streamer' }));
};
socket.onmessage = async ({ data }) => {
  const message = JSON.parse(data);
  const { viewerId } = message;
  if (message.type === 'newViewer') {
    const peer = (peers[viewerId] = new RTCPeerConnection());
    stream.getTracks().forEach((track) => peer.addTrack(track, stream));
    peer.onicecandidate = ({ candidate }) => {
      if (candidate) socket.send(JSON.stringify({ type: 'candidate', candidate, target: 'viewer', viewerId }));
    };
    await peer.setLocalDescription(await peer.createOffer());
    socket.send(JSON.stringify({ type: 'offer', offer: peer.localDescription, viewerId }));
  } else if (message.type === 'answer') {
    await peers[viewerId].setRemoteDescription(message.answer);
  } else if (message.type === 'candidate') {
    await peers[viewerId].addIceCandidate(message.candidate);
  }
};
</script>`;

const VIEWER = `<!doctype html><title>viewer</title><video autoplay playsinline></video><script>
const viewerId = 'viewer-' + Math.random().toString(36).slice(2);
const socket = new WebSocket('ws://' + location.host + '/stream?token=TOKEN');
let peer;
socket.onopen = () => socket.send(JSON.stringify({ type: 'viewer', viewerId }));
socket.onmessage = async ({ data }) => {
  const message = JSON.parse(data);
  if (message.type === 'offer') {
    peer = new RTCPeerConnection();
    const video = document.querySelector('video');
    peer.ontrack = ({ streams }) => (video.srcObject = streams[0]);
    peer.onicecandidate = ({ candidate }) => {
      if (candidate) socket.send(JSON.stringify({ type: 'candidate', candidate, target: 'streamer', viewerId }));
    };
    await peer.setRemoteDescription(message.offer);
    await peer.setLocalDescription(await peer.createAnswer());
    socket.send(JSON.stringify({ type: 'answer', answer: peer.localDescription, viewerId }));
  } else if (message.type === 'candidate') {
    await peer.addIceCandidate(message.candidate);
  }
};
</script>`;

let show;
before(async () => {
  show = await Show.start();
});
after(() => show?.stop());

test('a page that knows seven messages is a camera, and another one a viewer', async () => {
  const { secret: camera } = await show.command({ type: 'createToken', role: 'camera', name: 'old page', expires: null });
  const { secret: viewer } = await show.command({ type: 'createToken', role: 'viewer', name: 'old page', expires: null });
  const wish = { id: 9, width: 640, height: 360, fps: 30, colour: [110, 100, 160] };
  const sender = await show.foreignPage(CAMERA.replace('TOKEN', camera), [`(${PHONE})(${JSON.stringify(wish)})`]);
  await show.operator.until('the old page is a live source', ({ sources }) => sources.some(({ state }) => state === 'live'));
  const [source] = show.operator.show.sources;
  await show.command({ type: 'cut', scene: { layout: 'full', sources: [source.id] } });

  const watcher = await show.foreignPage(VIEWER.replace('TOKEN', viewer));
  await watcher.evaluate(() => globalThis.reader.watch(document.querySelector('video')));
  const seen = () => watcher.evaluate(() => globalThis.reader.seen.slice(-10));
  await eventually('the old viewer reads the old camera’s numbers', async () => {
    const numbers = (await seen()).map(({ number }) => number);
    return numbers.length === 10 && numbers.every((number) => number >> 16 === wish.id);
  }, { saw: seen });
  const listen = () => {
    globalThis.reader.listen(document.querySelector('video').srcObject);
    return Math.max(...globalThis.reader.loud.map(({ db }) => db));
  };
  await eventually('and hears it', async () => (await watcher.evaluate(listen)) > -45, { saw: () => watcher.evaluate(listen) });
  assert.equal(show.operator.show.viewers, 1);

  await sender.goto('about:blank');
  await show.operator.until('the old page is gone', ({ sources }) => sources.every(({ state }) => state === 'lost'));
});
