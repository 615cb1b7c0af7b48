/** `strapi-upstash/koa`: the cache as a middleware for any Koa application. */
import type { Context, Middleware } from 'koa';
import { Engine, resolveKoaConfig } from '../../..';
import { toJson } from './config';
import { isPlain } from './http/body';
import { Fill } from './http/fill';
import { Flights } from './http/flights';
import type { Holding, Place } from './http/holding';
import { cacheMiddleware } from './http/middleware';
import type { CachingOptions } from './http/rule';
import { Shelf } from './http/shelf';
import type { Duration } from './types';

/** Options of `createCacheMiddleware`. All may be left out. */
export interface KoaCacheOptions {
  /**
   * `operator`: an answer whose handler says nothing about it is kept for `defaultTtl`. `explicit`: only what says how long it
   * is fresh is stored. Default: `'operator'`.
   */
  profile?: 'operator' | 'explicit' | undefined;
  /** How long an answer is kept when its handler says nothing about it. Default: not at all. */
  defaultTtl?: Duration | undefined;
  /** stale-while-revalidate, where the handler says nothing; 0 or false for not at all, which is the default. */
  swr?: Duration | false | undefined;
  /** stale-if-error, likewise. */
  staleIfError?: Duration | false | undefined;
  /** Whether a request's `Cache-Control` counts, besides `only-if-cached`, which always does. Default: `'ignore'`. */
  requestDirectives?: 'ignore' | 'honor' | undefined;
  /** Whether br and gzip forms of a body are kept with it. Default: true. */
  compression?: boolean | undefined;
  /** The share of `defaultTtl` that is left out by chance, 0 to 1. Default: 0.05. */
  jitter?: number | undefined;
  /** Whether what is asked for often is made anew before its end. Default: true. */
  earlyRefresh?: boolean | undefined;
  /** How long one process waits for another that makes the same answer. Default: `'1 s'`. */
  fillLock?: Duration | false | undefined;
  /** The REST URL and the token of an Upstash database; without them entries live in process memory. */
  url?: string | undefined;
  token?: string | undefined;
  /** The text all keys begin with. Default: `'cache'`. */
  prefix?: string | undefined;
  /** The longest time a request waits for Upstash in one step. Default: `'150 ms'`. */
  deadline?: Duration | undefined;
  /** As in the plugin's options. */
  l1?: { maxBytes?: number; maxEntries?: number; maxEntryBytes?: number; maxAge?: Duration } | undefined;
  bus?: { enabled?: boolean; heartbeat?: Duration } | undefined;
}

/** The middleware, and what can be done with its cache. Purges are done in this process when the call returns. */
export interface KoaCache extends Middleware {
  /** Purges answers tagged by `ctx.state.upstash.tag`. */
  purgeTags(...tags: string[]): Promise<void>;
  /** Purges keys that match a Redis glob: `'cache:/articles*'`. */
  purgePattern(pattern: string): Promise<void>;
  purgeAll(): Promise<void>;
  /** Counters since the start, and what is held now. */
  stats(): Record<string, unknown>;
  /** Lets go of everything; requests that come later run alone. */
  close(): void;
}

/** Makes the middleware. Throws `E_CONFIG`, with one sentence, for options that are wrong. */
export function createCacheMiddleware(options: KoaCacheOptions = {}): KoaCache {
  const resolved = resolveKoaConfig(toJson(options));
  const engine = new Engine(resolved);
  // Nothing is known of the application's routes: any path is ours, as it is spelled.
  engine.setSchema(JSON.stringify({ prefix: '', types: {}, foldPaths: false, foldQueries: false }));
  const shelf = new Shelf(engine);
  const caching = (JSON.parse(resolved) as { cache: CachingOptions }).cache;
  const explicit = options.profile === 'explicit';
  const holding: Holding = {
    engine,
    shelf,
    flights: new Flights(),
    failures: { note: (place, error) => process.emitWarning(`${place}: ${String(error)}`, { code: 'E_STRAPI_UPSTASH' }) },
    caching,
    reportWarnings() {
      for (let line = engine.takeWarning(); line !== null; line = engine.takeWarning()) process.emitWarning(line);
    },
  };
  const purge = async (acknowledged: Promise<void> | null): Promise<void> => {
    shelf.release();
    await acknowledged;
  };
  return Object.assign(cacheMiddleware(holding, placeOf(caching, explicit)) as Middleware, {
    purgeTags: (...tags: string[]) => purge(engine.purgeTags(tags)),
    purgePattern: (pattern: string) => purge(engine.purgePattern(pattern)),
    purgeAll: () => purge(engine.purgeAll()),
    stats: () => JSON.parse(engine.stats()) as Record<string, unknown>,
    close() {
      engine.close();
      shelf.release();
    },
  });
}

function placeOf({ rule }: CachingOptions, explicit: boolean): Place {
  return {
    isOurs: () => true,
    reasonToBypass: () => undefined,
    variantOf: ({ secure }) => (secure ? 4 : 0),
    ruleOf: () => rule,
    ownerOf: () => undefined,
    fillFor: () => new Fill(rule),
    run: (_fill, next) => next(),
    reasonAgainst: (ctx) => {
      // Somebody was recognised, by whatever means; only a handler that says so itself knows that it made no difference.
      if (!explicit && ctx.state.user != null) return 'private';
      return isWhole(ctx.body) ? undefined : 'body';
    },
    bytesOf,
    statusOf: (error) => statusIn(error),
    report: (ctx, error) => void ctx.app.emit('error', error, ctx),
    invalidates: () => true,
    mayHold: () => true,
    // What says how long it may be kept, and for whom, knows what it depends on.
    watchesCookies: !explicit,
    fillsOnHead: false,
    countsOuterVary: true,
    waited: () => undefined,
  };
}

function statusIn(error: unknown): number {
  const { status, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  const found = status ?? statusCode;
  return typeof found === 'number' ? found : 500;
}

/** Whether there is all of it, and in a form that is known: a stream is still to come. */
function isWhole(body: unknown): boolean {
  return body == null || typeof body === 'string' || Buffer.isBuffer(body) || isPlain(body);
}

/** What Koa is going to send. */
function bytesOf(ctx: Context): Buffer | null {
  if (ctx.body == null) nameStatus(ctx);
  const { body } = ctx;
  if (body == null) return Buffer.alloc(0);
  const whole = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  // One of its own size: a Buffer from Node's pool would keep the pool's whole slab in memory, and a handler's may change.
  const own = Buffer.allocUnsafeSlow(whole.length);
  whole.copy(own);
  return own;
}

/** Statuses whose answers have no body. */
const EMPTY = new Set([204, 205, 304]);

/** Where a handler gave no body and did not say that there is none, Koa sends the status in words. */
function nameStatus(ctx: Context): void {
  const { status, message } = ctx;
  const { _explicitNullBody: isNone } = ctx.response as { _explicitNullBody?: boolean };
  if (EMPTY.has(status) || isNone === true) return;
  ctx.body = message || String(status);
  ctx.status = status;
}
