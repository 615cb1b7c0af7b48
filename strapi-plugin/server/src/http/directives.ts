import type { IncomingHttpHeaders } from 'node:http';

/** What a request says about being answered from a cache (RFC 9111 §5.2.1). Times in seconds. */
export interface Directives {
  onlyIfCached: boolean;
  noCache: boolean;
  noStore: boolean;
  maxAge: number;
  minFresh: number;
  /** How long after it was fresh an answer will do that its handler or the operator lets go out stale. */
  maxStale: number;
}

const NONE: Directives = {
  onlyIfCached: false,
  noCache: false,
  noStore: false,
  maxAge: Infinity,
  minFresh: 0,
  maxStale: Infinity,
};

/** `honors`: whether all of them count, and not only the one that keeps a request from being forwarded. */
export function directivesOf(headers: IncomingHttpHeaders, honors: boolean): Directives {
  const text = headers['cache-control'];
  if (text === undefined) return honors && /\bno-cache\b/i.test(headers.pragma ?? '') ? { ...NONE, noCache: true } : NONE;
  const found = { ...NONE };
  for (const directive of text.split(',')) {
    const [name = '', value] = directive.trim().toLowerCase().split('=');
    if (name === 'only-if-cached') found.onlyIfCached = true;
    if (!honors) continue;
    if (name === 'no-cache') found.noCache = true;
    else if (name === 'no-store') found.noStore = true;
    else if (name === 'max-age') found.maxAge = Math.min(found.maxAge, secondsOf(value, 0));
    else if (name === 'min-fresh') found.minFresh = Math.max(found.minFresh, secondsOf(value, Infinity));
    else if (name === 'max-stale') found.maxStale = value === undefined ? Infinity : secondsOf(value, 0);
  }
  return found;
}

/** What can't be understood takes the safer reading. */
function secondsOf(value: string | undefined, otherwise: number): number {
  const digits = value?.replace(/^"(.*)"$/, '$1') ?? '';
  return /^\d+$/.test(digits) ? Number(digits) : otherwise;
}

/** Whether an answer of that age, fresh for so long (less than 0: since when it is not), will do. In seconds. */
export function allows(directives: Directives, age: number, ttl: number): boolean {
  if (directives.noCache || age > directives.maxAge) return false;
  return ttl >= 0 ? ttl >= directives.minFresh : directives.minFresh === 0 && -ttl <= directives.maxStale;
}
