import type { Links } from '../generated/Links';
import type { Role } from '../generated/Role';

/**
 * The link to give to the bearer of a token. It leads to the laptop's best address on the LAN; where there is none
 * yet, to the address that this page itself came from.
 */
export function linkFor(role: Role, secret: string, links: Links, own: string): string {
  const origin = originOf(links.camera) ?? own;
  const token = encodeURIComponent(secret);
  if (role === 'camera') return `${origin}/j/${token}`;
  if (role === 'viewer') return `${originOf(links.watch) ?? origin}/watch?token=${token}`;
  return `${origin}/operator?token=${token}`;
}

function originOf(link: string): string | null {
  try {
    return new URL(link).origin;
  } catch {
    return null;
  }
}
