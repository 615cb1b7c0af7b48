/** A length of time: a number of seconds, or a number with a unit: `'150 ms'`, `'30 s'`, `'10 m'`, `'2 h'`, `'1 d'`, `'1 w'`. */
export type Duration = number | string;

/** What `config/plugins` may hold under `upstash.config`. Every option may be left out. */
export interface UserConfig {
  /**
   * The REST URL that Upstash shows for a Redis database. Without it, cache and limiter live in process memory.
   * Goes with `token`: both or neither. Default: the variable `UPSTASH_REDIS_REST_URL`.
   */
  url?: string | undefined;
  /** The REST token that goes with `url`. Default: the variable `UPSTASH_REDIS_REST_TOKEN`. Never logged. */
  token?: string | undefined;
  /**
   * The text all keys begin with: 1 to 64 letters, digits, `-`, `_`, `.` or `:`.
   * Default: the variable `CACHE_KEY_PREFIX`, else `'strapi'`.
   */
  prefix?: string | undefined;
  /**
   * How long an answer is kept when its handler says nothing about it. A handler's own `Cache-Control` or `Expires`
   * wins. Default: the variable `CACHE_TTL_SECONDS`, else 3600 seconds.
   */
  ttl?: Duration | undefined;
  /** The longest time a request waits for Upstash in one step. Default: `'150 ms'`. */
  deadline?: Duration | undefined;
  /** The cache in process memory: the only one without Upstash, the one in front with it. */
  l1?: {
    /** Bytes of bodies and keys to hold at most. Default: 67108864 (64 MiB). */
    maxBytes?: number | undefined;
    /** A body larger than this, in bytes, is not stored. Default: 1048576 (1 MiB). */
    maxEntryBytes?: number | undefined;
    /**
     * With Upstash: how long an answer in memory is trusted before Upstash is asked again. The purge of another
     * process is noticed at the latest then. Default: `'1 s'`.
     */
    maxAge?: Duration | undefined;
  } | undefined;
  cache?: {
    /** False makes the cache middleware pass everything through. Default: true. */
    enabled?: boolean | undefined;
  } | undefined;
  rateLimit?: {
    /** False makes the rate limit middleware pass everything through. Default: true. */
    enabled?: boolean | undefined;
    /** Requests a client may make in one window. Default: 100. */
    limit?: number | undefined;
    /** The length of the sliding window. Default: `'60 s'`. */
    window?: Duration | undefined;
  } | undefined;
  /** Purge everything when Strapi starts. Default: false. */
  purgeOnStart?: boolean | undefined;
}

/** The options of one cache middleware: `{ name: 'plugin::upstash.cache', config: { ttl: '10 m' } }`. */
export interface CacheMiddlewareConfig {
  /** As the plugin's `ttl`, for the requests this middleware sees. */
  ttl?: Duration | undefined;
}

/** The options of one limiter: `{ name: 'plugin::upstash.rate-limit', config: { limit: 5, window: '60 s' } }`. */
export interface RateLimitMiddlewareConfig {
  /** As the plugin's `rateLimit.limit`. */
  limit?: number | undefined;
  /** As the plugin's `rateLimit.window`. */
  window?: Duration | undefined;
}

/** What a controller finds as `ctx.state.upstash` where the cache middleware is in use. */
export interface ResponseMarks {
  /** Names things this answer depends on that can't be seen from its reads, for `purgeTags`. */
  tag(...tags: string[]): void;
  /** Keeps this answer out of the cache. `reason` appears in the `Cache-Status` header. Default: `'marked'`. */
  bypass(reason?: string): void;
}

/**
 * `strapi.plugin('upstash').service('cache')`. A purge is done in this process when the call returns, and when the
 * promise resolves, in Upstash (or its deadline has passed; then it is tried again in the background). Inside a
 * database transaction the purge happens at its commit and the promise resolves at once. None of these reject.
 */
export interface CacheService {
  /** Purges what depends on these content types or components, as a write to them does. */
  purgeTypes(...uids: string[]): Promise<void>;
  /** Purges the answers that controllers tagged so. */
  purgeTags(...tags: string[]): Promise<void>;
  /** Purges the keys that match a Redis glob, such as `'strapi:/api/articles*'`. */
  purgePattern(pattern: string): Promise<void>;
  /** Purges everything. */
  purgeAll(): Promise<void>;
  /** Counters since the start of this process, and what it holds now. */
  stats(): CacheStats;
}

/** Counters of this process since it started. */
export interface CacheStats {
  /** Where entries live: `memory`, or `upstash` with memory in front of it. */
  store: 'memory' | 'upstash';
  /** `open` while Upstash is given up on for a moment, so that it delays nobody. */
  breaker: 'open' | 'closed';
  /** Requests answered from memory. */
  hits: number;
  /** Requests not found in memory. */
  misses: number;
  /** Of the misses, those answered from Upstash. */
  l2Hits: number;
  /** Answers stored. */
  stored: number;
  /** Answers that could not be stored, for any reason. */
  refused: number;
  purges: number;
  /** Entries in memory now, and their size in bytes. */
  entries: number;
  bytes: number;
  maxBytes: number;
  /** Requests to Upstash that failed. */
  l2Errors: number;
  /** Requests the limiters turned away. */
  limited: number;
  /** Errors of this plugin that were caught so that the request could go on without it. */
  failures: number;
}

/** The plugin's options with defaults and environment filled in; times in ms. */
export interface ResolvedConfig {
  url: string | null;
  token: string | null;
  prefix: string;
  ttlMs: number;
  deadlineMs: number;
  l1: { maxBytes: number; maxEntryBytes: number; maxAgeMs: number };
  cache: { enabled: boolean };
  rateLimit: { enabled: boolean; limit: number; windowMs: number };
  purgeOnStart: boolean;
}
