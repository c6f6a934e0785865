import { overHttps } from './address';

/** How often a phone that does not trust the laptop yet is tried again, ms. */
const EVERY = 3000;

/**
 * Whether this browser trusts the laptop's certificate: asked from the plain page by fetching over https. A page
 * that came over https cannot tell trust from a warning that was tapped through, so it says less.
 */
export class TrustCheck {
  state = $state<'asking' | 'yes' | 'no' | 'unsure'>('asking');

  /** Asks now and then again until the answer is yes; returns how to stop. */
  start(): () => void {
    void this.now();
    const timer = setInterval(() => {
      if (this.state !== 'yes' && this.state !== 'unsure' && !document.hidden) void this.now();
    }, EVERY);
    return () => clearInterval(timer);
  }

  /** Asks once. */
  async now(): Promise<void> {
    if (location.protocol === 'https:') {
      this.state = 'unsure';
      return;
    }
    try {
      await fetch(overHttps('/healthz'), { mode: 'no-cors', cache: 'no-store', signal: AbortSignal.timeout(2500) });
      this.state = 'yes';
    } catch {
      this.state = 'no';
    }
  }
}
