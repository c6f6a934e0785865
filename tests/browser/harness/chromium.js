// One Chromium for a whole test file: every phone, viewer and operator is a context of its own in it, which
// costs far less than a browser each.
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  // Phones, viewers and the operator share one browser, where only one page can be in front.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

const fixture = (name) => readFileSync(new URL(`../fixture/${name}`, import.meta.url), 'utf8');
export const PHONE = fixture('phone.js');
export const READER = fixture('reader.js');

/** Starts the browser. Its profile is new and is thrown away with it. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
    ignoreDefaultArgs: ['--mute-audio'],
    timeout: 60_000,
  });
}

/**
 * Opens a page that keeps what it asked of the network and what it complained about.
 * @returns the page, with `page.complaints` (errors, console errors) and `page.outside` (addresses off loopback)
 */
export async function openPage(browser, { init = [], ...options } = {}) {
  const usual = { locale: 'en-GB', viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: true };
  const context = await browser.newContext({ ...usual, ...options });
  for (const script of init) await context.addInitScript(script);
  const page = await context.newPage();
  page.complaints = [];
  page.outside = [];
  page.on('pageerror', (error) => page.complaints.push(`${error}`));
  page.on('console', (message) => {
    if (message.type() === 'error') page.complaints.push(`${message.text()} (${message.location().url})`);
  });
  const look = (address) => {
    const { hostname, protocol } = new URL(address);
    const inside = ['data:', 'blob:', 'about:'].includes(protocol) || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
    if (!inside) page.outside.push(address);
  };
  page.on('request', (request) => look(request.url()));
  page.on('websocket', (socket) => look(socket.url()));
  return page;
}
