import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import type { Context } from 'koa';
import type { Facts } from '../../..';
import type { Fill } from './fill';

export const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Response headers that are stored, when the handler set them. All others are made anew for each request: those of
 * cors and security (which reflect the request), the limiter's, cookies, and what other middlewares add.
 */
const STORED = [
  'age',
  'cache-control',
  'content-language',
  'content-range',
  'date',
  'etag',
  'expires',
  'last-modified',
  'link',
  'x-total-count',
];

/** Headers to store, by name. */
export type StoredHeaders = [string, string][];

/** What the engine decides on. `before`: the response's headers before the handler ran. */
export function factsOf(ctx: Context, url: string, fill: Fill, before: OutgoingHttpHeaders): [Facts, StoredHeaders] {
  const after = ctx.res.getHeaders();
  const stored: StoredHeaders = [];
  for (const name of STORED) {
    const value = text(after[name]);
    if (value !== undefined && value !== text(before[name])) stored.push([name, value]);
  }
  const facts: Facts = {
    status: ctx.status,
    setCookie: after['set-cookie'] !== undefined,
    headers: JSON.stringify(stored),
    created: Date.now(),
    reads: `[${fill.reads.join(',')}]`,
    tags: [...fill.tags],
  };
  // The final values count, whoever set them; the addon takes a key that is absent, not undefined.
  assign(facts, 'cacheControl', text(after['cache-control']));
  assign(facts, 'expires', text(after['expires']));
  assign(facts, 'date', text(after['date']));
  assign(facts, 'age', text(after['age']));
  assign(facts, 'vary', added(before['vary'], after['vary']));
  assign(facts, 'ttlMs', fill.ttlMs);
  assign(facts, 'bypass', reasonAgainst(ctx, url, fill));
  return [facts, stored];
}

/** Why an answer must not be stored, as far as only Koa and Strapi can tell. */
function reasonAgainst(ctx: Context, url: string, fill: Fill): string | undefined {
  if (ctx.respond === false || ctx.res.headersSent) return 'streamed';
  if (fill.reason !== undefined) return fill.reason;
  const { state } = ctx;
  // Unmatched paths end in a catch-all of strapi::public, whose type is 'api'.
  if (state.route?.info?.type !== 'content-api') return 'route';
  // `state.isAuthenticated` says nothing: users-permissions sets it for the public as well.
  if (state.user != null || state.auth?.credentials != null) return 'private';
  if (ctx.status !== 200) return undefined;
  // However it is encoded, or whoever added it to the query.
  if (asksForDraft(ctx.query)) return 'draft';
  if (!isPlain(ctx.body)) return 'body';
  if (ctx.response.get('Content-Type') !== JSON_TYPE) return 'content-type';
  if (!isCanonical(url, ctx._matchedRoute)) return 'non-canonical-path';
  return undefined;
}

function asksForDraft(query: unknown): boolean {
  if (typeof query !== 'object' || query === null) return false;
  return Object.entries(query).some(([name, value]) => (name === 'status' && value === 'draft') || asksForDraft(value));
}

/** What Koa turns into JSON and nothing else: no stream, Buffer, string, or object with a JSON of its own. */
function isPlain(body: unknown): boolean {
  if (Array.isArray(body)) return true;
  if (typeof body !== 'object' || body === null) return false;
  const prototype: unknown = Object.getPrototypeOf(body);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Whether the fixed parts of the path are written as in the route. The router ignores their case; a purge by pattern
 * doesn't, so `/api/Articles` is answered but not stored.
 */
function isCanonical(url: string, route: unknown): boolean {
  if (typeof route !== 'string') return true;
  const end = url.indexOf('?');
  const found = (end < 0 ? url : url.slice(0, end)).split('/');
  for (const [index, wanted] of route.split('/').entries()) {
    // From a part that may match several segments on, nothing lines up any more.
    if (/[*+?()]/.test(wanted)) return true;
    const part = found[index] ?? '';
    if (part !== wanted && part.toLowerCase() === wanted.toLowerCase()) return false;
  }
  return true;
}

/** The names in `after` that are not in `before`: cors, outside of us, has added `Origin` by then. */
function added(before: OutgoingHttpHeader | undefined, after: OutgoingHttpHeader | undefined): string | undefined {
  const names = (header: OutgoingHttpHeader | undefined): string[] =>
    (text(header) ?? '').split(',').map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
  const known = new Set(names(before));
  const fresh = names(after).filter((name) => !known.has(name));
  return fresh.length > 0 ? fresh.join(', ') : undefined;
}

function text(header: OutgoingHttpHeader | undefined): string | undefined {
  return header === undefined ? undefined : Array.isArray(header) ? header.join(', ') : String(header);
}

function assign<Name extends keyof Facts>(facts: Facts, name: Name, value: Facts[Name] | undefined): void {
  if (value !== undefined) facts[name] = value;
}
