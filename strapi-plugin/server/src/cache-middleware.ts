import type { IncomingHttpHeaders } from 'node:http';
import type { Core } from '@strapi/strapi';
import type { Context } from 'koa';
import { Audiences } from './audiences';
import { CacheRules } from './cache-rules';
import { resolveRule } from './config';
import { fills, WatchedFill } from './fill';
import { isPlain, jsonBytes } from './http/body';
import type { Place } from './http/holding';
import { cacheMiddleware } from './http/middleware';
import { isCanonical, pathTest } from './paths';
import { graphqlEndpoint } from './schema';
import type { Site } from './site';
import { siteOf } from './site';
import type { CacheMiddlewareConfig } from './types';

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * `plugin::upstash.cache`. Stands in config/middlewares after strapi::errors, strapi::security, strapi::cors and
 * strapi::compression, and before all that takes time; or on a route, where Strapi has authenticated already.
 *
 * GraphQL is none of its business, wherever the endpoint is (graphql/).
 */
export const cache: Core.MiddlewareFactory<CacheMiddlewareConfig> = (config, { strapi }) => {
  const site = siteOf(strapi);
  const own = resolveRule('cache', config, site.resolved);
  if (!site.caching.enabled) return (_ctx, next) => next();
  const handle = cacheMiddleware(site, placeOf(site, new CacheRules(site, own)), own);
  return handle as Core.MiddlewareHandler;
};

function placeOf(site: Site, rules: CacheRules): Place {
  const audiences = new Audiences(site);
  const tags = site.caching.untagged ? ['untagged'] : [];
  const isGraphql = pathTest(graphqlEndpoint(site.strapi));
  return {
    isOurs: ({ path }) => site.isApi(path) && !isGraphql(path),
    reasonToBypass: ({ path }, url) => (isGraphql(path) ? 'graphql' : isPlainDraft(url) ? 'draft' : undefined),
    variantOf: ({ req, secure }) => variantOf(req.headers, secure),
    ruleOf: ({ path }) => rules.of(path),
    ownerOf: (ctx, rule) => (site.isApi(ctx.path) ? audiences.ownerOf(ctx, rule) : undefined),
    fillFor: (_ctx, rule) => new WatchedFill(rule, tags),
    run: (fill, next) => fills.run(fill as WatchedFill, next),
    reasonAgainst,
    bytesOf: ({ body, status }) => (status === 200 ? jsonBytes(body) : null),
    statusOf,
    report: (_ctx, error) => site.strapi.log.error(error),
    invalidates: (ctx) => site.isApi(ctx.path),
    // A log-in, for one, leaves nothing stale.
    mayHold: (url) => site.routes.isRead(url.split('?', 1)[0] ?? url),
    watchesCookies: true,
    fillsOnHead: true,
    // That of strapi::cors, which stands outside and sets its headers for each request, is none of the answer's.
    countsOuterVary: false,
    waited: (ctx) => site.waited.get(ctx),
  };
}

/** Why an answer must not be stored, as far as only Strapi can tell. */
function reasonAgainst(ctx: Context, url: string): string | undefined {
  const { state } = ctx;
  // Unmatched paths end in a catch-all of strapi::public, whose type is 'api'.
  if (state.route?.info?.type !== 'content-api') return 'route';
  // `state.isAuthenticated` says nothing: users-permissions sets it for the public as well. Where there is an
  // `Authorization`, it was settled whose the answer is.
  const isSomebodys = state.user != null || state.auth?.credentials != null;
  if (isSomebodys && ctx.req.headers.authorization === undefined) return 'private';
  // What confirms a stored answer has no body of its own.
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

/** What strapi::errors makes of an error: one of Strapi's own, told by its details, is the visitor's. */
function statusOf(error: unknown): number {
  const { status, statusCode, details } = (error ?? {}) as { status?: unknown; statusCode?: unknown; details?: unknown };
  const found = status ?? statusCode;
  if (typeof found === 'number') return found;
  return details === undefined ? 500 : 400;
}
