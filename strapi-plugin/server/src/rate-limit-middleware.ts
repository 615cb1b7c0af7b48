import type { Core } from '@strapi/strapi';
import type { Context, Next } from 'koa';
import { type Decision, ipIdentifier } from '../../..';
import { type LimitRule, resolveRule } from './config';
import { siteOf } from './site';
import type { RateLimitMiddlewareConfig } from './types';

const MESSAGE = 'Too many requests, please try again later.';

/**
 * `plugin::upstash.rate-limit`. In config/middlewares it counts what comes to the content API; on a route, what comes
 * to that route, which is not what a cache in config/middlewares answers. Each has a budget of its own per client.
 *
 * A client is the address Koa sees (IPv6: its /64), never a header or a token: both can be made up anew for each
 * request. Behind a proxy that address is right when `server.proxy.koa` says so.
 */
export const rateLimit: Core.MiddlewareFactory<RateLimitMiddlewareConfig> = (config, { strapi }) => {
  const site = siteOf(strapi);
  const rule = resolveRule('rate-limit', config, site.resolved);
  // The order of middlewares is the same in every process, so the n-th limiter is the same one.
  site.limiters += 1;
  const name = site.limiters === 1 ? 'default' : `default-${site.limiters}`;
  if (!site.options.rateLimit.enabled) return (_ctx, next) => next();

  const limiter = site.engine.limiter(JSON.stringify({ name, ...rule, mode: 'leased' }));
  const policy = `"${name}";q=${rule.limit};w=${Math.ceil(rule.windowMs / 1000)}`;

  const decided = (ctx: Context, next: Next, decision: Decision): Promise<unknown> | void => {
    tell(ctx, name, rule, policy, decision);
    if (decision.success) return next();
    site.limited += 1;
    deny(ctx, decision);
  };

  const ask = async (ctx: Context, next: Next): Promise<unknown> => {
    let decision: Decision | undefined;
    const began = performance.now();
    try {
      decision = await limiter.limit(ipIdentifier(ctx.request.ip));
      site.waited.set(ctx, (site.waited.get(ctx) ?? 0) + performance.now() - began);
      site.reportWarnings();
    } catch (error) {
      site.failures.note('the rate limit', error);
    }
    return decision === undefined ? next() : decided(ctx, next, decision);
  };

  return (ctx, next) => {
    if (ctx.method === 'OPTIONS') return next();
    // Set by the router: then this is a route's own limiter. The path is the parsed one the router matches, since
    // a request line may hold an absolute URL.
    if (ctx.state.route === undefined && !site.isApi(ctx.path)) return next();
    let decision: Decision | null;
    try {
      decision = limiter.limitNow(ipIdentifier(ctx.request.ip));
    } catch (error) {
      site.failures.note('the rate limit', error);
      return next();
    }
    return decision === null ? ask(ctx, next) : decided(ctx, next, decision);
  };
};

/**
 * `X-RateLimit-Reset` is in ms since the epoch, as `@upstash/ratelimit` gives it. `RateLimit` and `RateLimit-Policy`
 * are lists (draft-ietf-httpapi-ratelimit-headers) to which a route's limiter adds itself. Set before the handler
 * runs: strapi::errors, outside of us, replaces status and body of what it catches and keeps the headers.
 */
function tell(ctx: Context, name: string, rule: LimitRule, policy: string, { remaining, reset }: Decision): void {
  ctx.set('X-RateLimit-Limit', String(rule.limit));
  ctx.set('X-RateLimit-Remaining', String(remaining));
  ctx.set('X-RateLimit-Reset', String(reset));
  ctx.append('RateLimit', `"${name}";r=${remaining};t=${secondsUntil(reset)}`);
  ctx.append('RateLimit-Policy', policy);
}

/** Written here rather than thrown: cors ran before us, and an error could not carry the two fields at the top. */
function deny(ctx: Context, { reset }: Decision): void {
  const retryAfter = Math.max(1, secondsUntil(reset));
  ctx.status = 429;
  ctx.set('Retry-After', String(retryAfter));
  ctx.body = {
    data: null,
    error: { status: 429, name: 'RateLimitError', message: MESSAGE, details: {} },
    message: MESSAGE,
    retryAfter,
  };
}

function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / 1000));
}
