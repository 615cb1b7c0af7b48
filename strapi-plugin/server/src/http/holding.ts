import type { Engine } from '../../../..';
import type { Context, Next } from 'koa';
import type { CacheRule, CachingOptions } from './rule';
import type { Fill } from './fill';
import type { Flights } from './flights';
import type { Shelf } from './shelf';

/** Errors of our own that a request must not feel. */
export interface Failures {
  note(place: string, error: unknown): void;
}

/** What a cache holds, wherever it stands. */
export interface Holding {
  readonly engine: Engine;
  readonly shelf: Shelf;
  readonly flights: Flights;
  readonly failures: Failures;
  readonly caching: CachingOptions;
  reportWarnings(): void;
}

/** Where a cache stands: in Strapi, or in any application of Koa's. What only the place can tell. */
export interface Place {
  /** Whether answers to these requests are ours to mark. */
  isOurs(ctx: Context): boolean;
  /** Why a request is not answered from the cache, besides what HTTP says. */
  reasonToBypass(ctx: Context, url: string): string | undefined;
  /** What else the answer depends on, as a number below 256 (see `Engine.scope`). */
  variantOf(ctx: Context): number;
  /** What holds for the answer, as far as that is known before its handler runs. */
  ruleOf(ctx: Context): CacheRule;
  /**
   * Whose the answer is to a request with credentials: a name, or that of a role and how to know it afterwards. Undefined
   * where it must not be cached.
   */
  ownerOf(ctx: Context, rule: CacheRule): Owner | Promise<Owner | undefined> | undefined;
  /** What notes what the answer depends on. */
  fillFor(ctx: Context, rule: CacheRule): Fill;
  /** Runs the handler so that the fill sees what it reads. */
  run(fill: Fill, next: Next): Promise<unknown>;
  /** Why an answer must not be stored, besides what HTTP says. */
  reasonAgainst(ctx: Context, url: string, fill: Fill): string | undefined;
  /** The body as it will go out; null where it is none that can be stored. */
  bytesOf(ctx: Context): Buffer | null;
  /** The status an error is going to become. */
  statusOf(error: unknown): number;
  /** Tells of an error that the client does not see, as a stale answer went out. */
  report(ctx: Context, error: unknown): void;
  /** Whether a request that may change something is to invalidate URLs. */
  invalidates(ctx: Context): boolean;
  /** Whether there may be something to be read under a URL. */
  mayHold(url: string): boolean;
  /** Whether a handler that reads a cookie makes its answer its visitor's own. */
  readonly watchesCookies: boolean;
  /** Whether a HEAD that misses is filled like a GET. */
  readonly fillsOnHead: boolean;
  /** Whether names in `Vary` count that middlewares outside of the cache have put there. */
  readonly countsOuterVary: boolean;
  /** How long, in ms, the request has waited for Upstash before. */
  waited(ctx: Context): number | undefined;
}

/** Whose an answer is. */
export interface Owner {
  /** What its key is made of. */
  name: string;
  /** Whether all who have it have the same credential. */
  isOne: boolean;
  /** Whose it turned out to be, and for how long in ms; undefined where that can't be said. */
  settle?(ctx: Context, fill: Fill): Settled | undefined;
  /** The fill did not get so far. */
  giveUp?(): void;
}

export interface Settled {
  /** As `Owner.name`. */
  name: string;
  longestMs: number | undefined;
}
