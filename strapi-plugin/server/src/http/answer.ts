import type { Context } from 'koa';
import { JSON_TYPE } from './facts';
import type { Entry } from './shelf';

/** `X-Cache`, and `Cache-Status` as RFC 9211 has it. */
export type Answered = readonly ['HIT' | 'MISS' | 'BYPASS', string];

/** Answers with a stored entry. Part of the hot path: nothing is parsed, copied or looked up. */
export function answer(ctx: Context, entry: Entry, [xCache, cacheStatus]: Answered): void {
  const { res } = ctx;
  ctx.status = 200;
  // Set before the body, so that Koa does not look for a type.
  res.setHeader('Content-Type', JSON_TYPE);
  for (const [name, value] of entry.headers) res.setHeader(name, value);
  res.setHeader('X-Cache', xCache);
  res.setHeader('Cache-Status', cacheStatus);
  const age = Math.floor((Date.now() - entry.created) / 1000);
  res.setHeader('Age', age > 0 ? String(age) : '0');
  ctx.body = entry.body;
}

/** Says what the cache did, if the headers are not gone yet. */
export function mark({ res }: Context, [xCache, cacheStatus]: Answered): void {
  if (res.headersSent) return;
  res.setHeader('X-Cache', xCache);
  res.setHeader('Cache-Status', cacheStatus);
}
