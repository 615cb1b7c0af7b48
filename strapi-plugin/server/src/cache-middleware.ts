import type { IncomingHttpHeaders } from 'node:http';
import type { Core } from '@strapi/strapi';
import { type Answered, answer } from './answer';
import { resolveRule } from './config';
import { Fill, noMarks } from './fill';
import { alone, answerMiss } from './miss';
import { siteOf } from './site';
import type { CacheMiddlewareConfig } from './types';

/** What the prober says of a URL that is never cached. */
const NOT_OURS = -2;
const HIT: Answered = ['HIT', 'strapi-upstash; hit'];

/**
 * `plugin::upstash.cache`. Stands in config/middlewares after strapi::errors, strapi::security, strapi::cors and
 * strapi::compression, and before all that takes time; or on a route, where Strapi has authenticated already.
 *
 * A hit is answered without a promise: one call into Rust, a few headers, one Buffer.
 *
 * GraphQL never gets here: its endpoint is not under the content API's prefix, and if it is moved there its answers
 * are strings, which are not stored.
 */
export const cache: Core.MiddlewareFactory<CacheMiddlewareConfig> = (config, { strapi }) => {
  const site = siteOf(strapi);
  const ttlMs = resolveRule('cache', config, site.resolved).ttlMs ?? undefined;
  if (!site.options.cache.enabled) return (_ctx, next) => next();

  const probe = site.engine.prober();
  // Nearly every request is for the host of the one before it.
  let last = { host: '', variant: 0, scope: site.engine.scope('', 0) };
  const { entries } = site.shelf;

  return (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      ctx.state.upstash ??= noMarks;
      return next();
    }
    // A cache further out has this request already; what a route says about its TTL still counts.
    const outer: unknown = ctx.state.upstash;
    if (outer !== undefined) {
      if (outer instanceof Fill && ttlMs !== undefined) outer.ttlMs = ttlMs;
      return next();
    }

    // What the router sees as well: Koa's own `ctx.url` writes through to it.
    const url = ctx.req.url ?? '';
    const { headers } = ctx.req;
    const reason = reasonToBypass(headers, url);
    if (reason !== undefined) return site.isApi(ctx.path) ? alone(ctx, next, reason) : next();

    // Rewritten by a middleware: only then it may hold what no request line does, and the look-up relies on that.
    if (url !== ctx.originalUrl && !REQUEST_TARGET.test(url)) return next();

    const { host } = ctx;
    const variant = variantOf(headers, ctx.secure);
    let slot = NOT_OURS;
    try {
      if (host !== last.host || variant !== last.variant) {
        last = { host, variant, scope: site.engine.scope(host, variant) };
      }
      slot = probe(url, last.scope);
    } catch (error) {
      site.failures.note('the cache', error);
    }
    if (slot >= 0) {
      const entry = entries[slot];
      if (entry !== undefined) return answer(ctx, entry, HIT);
      return alone(ctx, next, 'error');
    }
    if (slot === NOT_OURS) return next();
    return answerMiss(site, ctx, next, { url, host, variant, ttlMs });
  };
};

const REQUEST_TARGET = /^[\x21-\x7e]*$/;

/** What in a request forbids to answer it from the cache. */
function reasonToBypass(headers: IncomingHttpHeaders, url: string): string | undefined {
  // Any credential, of whatever scheme: what is cached is what the public may see.
  if (headers.authorization !== undefined) return 'authorization';
  if (headers.range !== undefined) return 'range';
  if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0') return 'request-body';
  if (
    headers['x-http-method-override'] !== undefined ||
    headers['x-http-method'] !== undefined ||
    headers['x-method-override'] !== undefined
  ) {
    return 'method-override';
  }
  if (isPlainDraft(url)) return 'draft';
  return undefined;
}

/** `status=draft` as everybody writes it. Other spellings are seen once Strapi has parsed the query, and not stored. */
function isPlainDraft(url: string): boolean {
  const at = url.indexOf('status=draft');
  if (at < 1) return false;
  const before = url[at - 1];
  const after = url[at + 'status=draft'.length];
  return (before === '?' || before === '&') && (after === undefined || after === '&');
}

/** What else changes a Strapi body: two headers, and absolute links. */
function variantOf(headers: IncomingHttpHeaders, secure: boolean): number {
  return (
    (headers['strapi-encode-source-maps'] === 'true' ? 1 : 0) |
    (headers['strapi-response-format'] === 'v4' ? 2 : 0) |
    (secure ? 4 : 0)
  );
}
