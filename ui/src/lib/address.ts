/** The address of a socket of this server. The browser's cookie says who asks. */
export function socketAddress(path: string, query: Record<string, string> = {}, at: Location = location): string {
  const url = new URL(path, at.href);
  url.protocol = at.protocol === 'https:' ? 'wss:' : 'ws:';
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  return url.href;
}

/** The same path and host over https, where this page came over http. */
export function overHttps(path: string, at: Location = location): string {
  const url = new URL(path, at.href);
  url.protocol = 'https:';
  return url.href;
}
