/** The systems whose steps differ. */
export type System = 'ios' | 'android' | 'computer';
/** The browsers whose way to undo a refusal differs. */
export type Browser = 'safari' | 'chrome' | 'firefox' | 'samsung' | 'edge' | 'other';

/** What this page runs in, as far as its name tells. */
export type Where = { system: System; browser: Browser; inApp: boolean };

const IN_APP =
  /FBAN|FBAV|FB_IAB|Instagram|\bLine\/|MicroMessenger|Snapchat|Twitter|TikTok|BytedanceWebview|musical_ly|LinkedInApp|Pinterest|WhatsApp|Telegram|GSA\/|; wv\)/i;

/** Reads a user agent string; `touches` tells an iPad, which calls itself a Macintosh, from a computer. */
export function where(agent: string, touches = 0): Where {
  const ios = /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touches > 1);
  const system: System = ios ? 'ios' : /Android/.test(agent) ? 'android' : 'computer';
  let browser: Browser = 'other';
  if (/SamsungBrowser/.test(agent)) browser = 'samsung';
  else if (/Edg(e|A|iOS)?\//.test(agent)) browser = 'edge';
  else if (/Firefox|FxiOS/.test(agent)) browser = 'firefox';
  else if (/Chrome|CriOS|Chromium/.test(agent)) browser = 'chrome';
  else if (/Safari/.test(agent)) browser = 'safari';
  // A real browser on an iPhone always names Safari, even when it is another; an app's own view does not.
  const bareView = ios && /AppleWebKit/.test(agent) && !/Safari|CriOS|FxiOS|EdgiOS/.test(agent);
  return { system, browser, inApp: IN_APP.test(agent) || bareView };
}

/** What this page runs in. */
export function here(): Where {
  return where(navigator.userAgent, navigator.maxTouchPoints);
}
