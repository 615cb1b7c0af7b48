import type { Context } from 'koa';
import type { LimitDecision } from '../types';

const REFUSED = { status: 429, name: 'RateLimitError', message: 'Too many requests, please try again later.' };
const UNDECIDED = { status: 503, name: 'ServiceUnavailableError', message: 'The rate limit cannot be checked, please try again later.' };

/** What a browser may read of an answer from another origin (Fetch standard, CORS-exposed header names). */
const EXPOSED = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'RateLimit', 'RateLimit-Policy', 'Retry-After'];

/**
 * `X-RateLimit-Reset` is in ms since the epoch, as `@upstash/ratelimit` gives it. `RateLimit` and `RateLimit-Policy`
 * are lists (draft-ietf-httpapi-ratelimit-headers) to which a route's limiter adds itself. Set before the handler
 * runs: strapi::errors, outside of us, replaces status and body of what it catches and keeps the headers.
 */
export function tell(ctx: Context, { rule, limit, windowMs, remaining, reset }: LimitDecision): void {
  ctx.set('X-RateLimit-Limit', String(limit));
  ctx.set('X-RateLimit-Remaining', String(remaining));
  ctx.set('X-RateLimit-Reset', String(reset));
  ctx.append('RateLimit', `"${rule}";r=${remaining};t=${secondsUntil(reset)}`);
  ctx.append('RateLimit-Policy', `"${rule}";q=${limit};w=${Math.ceil(windowMs / 1000)}`);
  expose(ctx);
}

/** Written here rather than thrown: cors ran before us, and an error could not carry the two fields at the top. */
export function refuse(ctx: Context, { retry }: LimitDecision, isDecided: boolean): void {
  const { status, name, message } = isDecided ? REFUSED : UNDECIDED;
  ctx.status = status;
  const body = { data: null, error: { status, name, message, details: {} }, message };
  // What costs more than there can ever be is not worth another try.
  if (retry === Infinity) {
    ctx.body = body;
    return;
  }
  const retryAfter = Math.max(1, secondsUntil(retry));
  ctx.set('Retry-After', String(retryAfter));
  expose(ctx);
  ctx.body = { ...body, retryAfter };
}

/** Adds to what cors, outside of us, lets be read; where it has let nobody in there is nothing to add. */
function expose(ctx: Context): void {
  if (!ctx.response.get('Access-Control-Allow-Origin')) return;
  const already = ctx.response.get('Access-Control-Expose-Headers');
  if (already.includes(EXPOSED[0] as string)) return;
  ctx.set('Access-Control-Expose-Headers', [...(already === '' ? [] : [already]), ...EXPOSED].join(','));
}

function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / 1000));
}
