import type { Context } from 'koa';
import { isNotModified } from './conditional';
import { acceptedBy, encode, type Encoding } from './encodings';
import type { Entry } from './entry';
import type { Holding } from './holding';
import { addNames } from './vary';

/** `X-Cache`, as the client sees it. */
export type XCache = 'HIT' | 'MISS' | 'BYPASS' | 'STALE';
/** `X-Cache`, and `Cache-Status` as RFC 9211 has it. */
export type Answered = readonly [XCache, string];

/** Headers that go with a 304 (RFC 9110 §15.4.5); what describes the body stays away. */
const WITH_304 = new Set(['cache-control', 'content-location', 'date', 'etag', 'expires', 'vary', 'last-modified']);

/** What `Cache-Status` says of a hit: for how many seconds it is still fresh. */
export function hitStatus(entry: Entry, now: number): string {
  return `strapi-upstash; hit; ttl=${Math.floor((entry.freshUntil - now) / 1000)}`;
}

/** A slot of no entry that is kept. */
export const NO_SLOT = -1;

/** Answers with a stored entry. Part of the hot path: nothing is parsed or copied. */
export function answer(holding: Holding, ctx: Context, slot: number, entry: Entry, answered: Answered): void | Promise<void> {
  const { headers } = ctx.req;
  const accepts = headers['accept-encoding'];
  if (entry.encoded === undefined || accepts === undefined) return send(ctx, entry, undefined, answered);
  const { best, refusesPlain } = acceptedBy(accepts);
  if (best === undefined) return send(ctx, entry, undefined, answered);
  if (slot !== NO_SLOT && !entry.encoded.has(best)) {
    const encoding = encode(holding, slot, entry, best);
    if (refusesPlain && encoding !== undefined) return encoding.then(() => send(ctx, entry, best, answered));
  }
  return send(ctx, entry, best, answered);
}

function send(ctx: Context, entry: Entry, encoding: Encoding | undefined, [xCache, cacheStatus]: Answered): void {
  const { res } = ctx;
  res.setHeader('X-Cache', xCache);
  res.setHeader('Cache-Status', cacheStatus);
  const age = Math.floor((Date.now() - entry.created) / 1000);
  res.setHeader('Age', age > 0 ? String(age) : '0');
  const vary = varyOf(entry);
  if (vary !== '') res.setHeader('Vary', addNames(res.getHeader('Vary'), vary));
  const { headers } = ctx.req;
  const isConditional = headers['if-none-match'] !== undefined || headers['if-modified-since'] !== undefined;
  const isUnchanged = isConditional && entry.status === 200 && isNotModified(headers, entry);
  for (const [name, value] of entry.headers) {
    if (!isUnchanged || WITH_304.has(name)) res.setHeader(name, value);
  }
  if (isUnchanged) {
    ctx.status = 304;
    return;
  }
  ctx.status = entry.status;
  const encoded = encoding === undefined ? undefined : entry.encoded?.get(encoding);
  if (encoded != null && encoding !== undefined) {
    res.setHeader('Content-Encoding', encoding);
    // A strong tag says that the bytes are the same.
    if (!entry.etag.startsWith('W/')) res.setHeader('ETag', `W/${entry.etag}`);
  }
  ctx.body = encoded ?? entry.body;
  // Koa finds a type for what has none.
  if (entry.hasNoType) ctx.remove('Content-Type');
}

/** What an answer varies by, as the client is told. */
export function varyOf(entry: Entry): string {
  if (entry.encoded === undefined) return entry.vary;
  return entry.vary === '' ? 'Accept-Encoding' : addNames(entry.vary, 'Accept-Encoding');
}

/** Says what the cache did, if the headers are not gone yet. */
export function mark({ res }: Context, [xCache, cacheStatus]: Answered): void {
  if (res.headersSent) return;
  res.setHeader('X-Cache', xCache);
  res.setHeader('Cache-Status', cacheStatus);
}
