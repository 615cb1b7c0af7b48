import type { Core } from '@strapi/strapi';

const QUIET_MS = 60_000;

/** Errors of our own that a request must not feel: counted, and logged once a minute for each place. */
export class Failures {
  count = 0;
  private readonly quietUntil = new Map<string, number>();

  constructor(private readonly log: Core.Strapi['log']) {}

  /** `outcome`: what becomes of it, for people. */
  note(place: string, error: unknown, outcome = 'was left out'): void {
    this.count += 1;
    if (!this.mayTell(place)) return;
    const text = error instanceof Error ? error.message : String(error);
    this.log.warn(`[upstash] ${place} failed and ${outcome}: ${text}`);
  }

  /** What is no error and yet worth a line once a minute. */
  say(place: string, text: string): void {
    if (this.mayTell(place)) this.log.info(`[upstash] ${text}`);
  }

  private mayTell(place: string): boolean {
    const now = Date.now();
    if (now < (this.quietUntil.get(place) ?? 0)) return false;
    this.quietUntil.set(place, now + QUIET_MS);
    return true;
  }
}
