import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import type { Context } from 'koa';
import type { Facts } from '../../../..';
import type { Entry } from './entry';
import type { Fill } from './fill';
import { namesIn } from './vary';

/**
 * Response headers that are stored, when the handler set them. All others are made anew for each request: those of
 * cors and security (which reflect the request), the limiter's, cookies, and what other middlewares add.
 */
const STORED = [
  'age',
  'allow',
  'cache-control',
  'cache-tag',
  'cdn-cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-location',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'link',
  'location',
  'no-vary-search',
  'retry-after',
  'surrogate-control',
  'surrogate-key',
  'x-total-count',
];

export function textOf(header: OutgoingHttpHeader | undefined): string | undefined {
  return header === undefined ? undefined : Array.isArray(header) ? header.join(', ') : String(header);
}

/** What of a handler's headers is stored. `before`: the response's headers before it ran. */
export function storedHeaders(before: OutgoingHttpHeaders, after: OutgoingHttpHeaders): Map<string, string> {
  const stored = new Map<string, string>();
  // RFC 9110 §7.6.1: for this connection alone.
  const hopByHop = new Set(namesIn(after['connection']));
  for (const name of STORED) {
    const value = hopByHop.has(name) ? undefined : textOf(after[name]);
    if (value !== undefined && value !== textOf(before[name])) stored.set(name, value);
  }
  return stored;
}

/** RFC 9111 §3.2: a stored answer with the headers of the 304 that confirms it. */
export function confirmed(former: Entry, given: Map<string, string>): Map<string, string> {
  const headers = new Map(former.headers);
  headers.delete('date');
  if (former.ownEtag === undefined) headers.delete('etag');
  // What describes the body that a 304 has not.
  for (const [name, value] of given) if (name !== 'content-type' && name !== 'content-encoding') headers.set(name, value);
  return headers;
}

/** What the engine decides on, as far as HTTP has to do with it. */
export function factsOf(ctx: Context, fill: Fill, status: number, headers: Map<string, string>, after: OutgoingHttpHeaders): Facts {
  const { rule } = fill;
  const facts: Facts = {
    status,
    setCookie: after['set-cookie'] !== undefined,
    validator: headers.has('etag') || headers.has('last-modified'),
    head: '',
    created: Date.now(),
    reads: `[${fill.reads.join(',')}]`,
    // Of an API token nothing else may have been read.
    tags: fill.isOwned ? [...fill.tags, 'credential'] : [...fill.tags],
    ttlMs: rule.ttlMs,
    staleMs: rule.staleMs,
    errorMs: rule.errorMs,
    unaware: !rule.invalidate && !fill.isOwned,
  };
  // The final values count, whoever set them; the addon takes a key that is absent, not undefined.
  assign(facts, 'cacheControl', headers.get('cache-control') ?? textOf(after['cache-control']));
  assign(facts, 'expires', headers.get('expires') ?? textOf(after['expires']));
  assign(facts, 'date', headers.get('date') ?? textOf(after['date']));
  assign(facts, 'age', headers.get('age') ?? textOf(after['age']));
  assign(facts, 'bypass', ctx.respond === false || ctx.res.headersSent ? 'streamed' : fill.reason);
  return facts;
}

export function assign<Name extends keyof Facts>(facts: Facts, name: Name, value: Facts[Name] | undefined): void {
  if (value !== undefined) facts[name] = value;
}
