import type { UserConfig } from '../strapi-plugin/dist/server/types';

/** A length of time: a number of seconds, or text such as `'150 ms'`, `'30 s'`, `'10 m'`, `'2 h'`, `'1 d'`. */
export type Duration = number | string;

/** What `createCache` takes. Everything may be left out. */
export interface NextCacheOptions {
  /**
   * The REST URL and the token of the Upstash database that Strapi uses. Default: `UPSTASH_REDIS_REST_URL` and
   * `UPSTASH_REDIS_REST_TOKEN`. Without them values live in the memory of this process.
   */
  url?: string | undefined;
  token?: string | undefined;
  /** The prefix that Strapi has: with another one a publish purges nothing here. Default: `CACHE_KEY_PREFIX`, else `'strapi'`. */
  prefix?: string | undefined;
  /** How long a value is kept, unless the call says so. Default: `'30 m'`. */
  ttl?: Duration | undefined;
  /**
   * stale-while-revalidate: for how long after its TTL a value is still given while it is loaded anew. What is purged never is.
   * Default: not at all.
   */
  swr?: Duration | false | undefined;
  /** The longest that a call waits for Upstash in one step; then it loads. Default: `'150 ms'`. */
  deadline?: Duration | undefined;
  /** How long a call waits for another process that loads the same. Default, and the most that counts: `'5 s'`. */
  fillLock?: Duration | false | undefined;
  /** The share of a TTL that is left out by chance, 0 to 1. Default: 0.05. */
  jitter?: number | undefined;
  /** Whether what is asked for often is loaded anew before its end. Default: true. */
  earlyRefresh?: boolean | undefined;
  /** As in the plugin's options. */
  l1?: UserConfig['l1'];
  bus?: UserConfig['bus'];
}

/** What holds for one value. */
export interface CachedOptions {
  ttl?: Duration | undefined;
  swr?: Duration | false | undefined;
  /**
   * What the value shows. `'api::article.article'`: documents of a type; every publish, edit and removal of one purges it.
   * `'api::article.article:<documentId>'`: this document. A type whose documents are shown as relations is named as well.
   * Anything else is a name of your own for `purge`.
   */
  tags?: string[] | undefined;
}

export interface NextCache {
  /**
   * The value under a key, or what `load` gives: one load at a time for each key over all processes. The value is JSON: a miss
   * gives it as a hit will. Errors of `load` and `undefined` are not kept. It never fails for lack of Upstash.
   */
  cached<T>(key: string, options: CachedOptions | undefined, load: () => T | Promise<T>): Promise<T>;
  /**
   * Purges the values, and Strapi's answers, that carry one of these tags. In this process that is done when the promise is
   * returned, and elsewhere when it resolves, unless Upstash does not answer in time; then it is tried again.
   */
  purge(...tags: (string | string[])[]): Promise<void>;
  /** Purges everything, Strapi's answers as well. */
  purgeAll(): Promise<void>;
  /** Counters since the start, and what is held now. */
  stats(): Record<string, unknown>;
  /** Lets go of everything; calls that come later load. */
  close(): void;
  readonly store: 'memory' | 'upstash';
}

/** A cache with options of its own. Throws `E_CONFIG` for options that are wrong. */
export function createCache(options?: NextCacheOptions): NextCache;

/** Those of a cache that is made by the first call, with the options that the environment gives. */
export const cached: NextCache['cached'];
export const purge: NextCache['purge'];
export const purgeAll: NextCache['purgeAll'];

/** What Strapi tells after a change of published content (`revalidate` in the plugin's options). */
export interface RevalidationEvent {
  /** The types of which something changed: `'api::article.article'`. */
  types: string[];
  /** The names of what changed, for `purge`. */
  tags: string[];
  /** Anything may have changed: an import, or `purgeAll`. */
  everything: boolean;
}

/**
 * What a request of Strapi's tells, or null where its signature is not right or too old. It reads the body. `secret`: that of
 * `revalidate` in the plugin's options, or the old and the new one while it is changed. `tolerance`: how far the clocks may
 * differ, in seconds; 300 unless given.
 */
export function verifyRevalidation(
  request: Request,
  secret: string | string[] | undefined,
  options?: { tolerance?: number },
): Promise<RevalidationEvent | null>;
