import type { RatelimitRedis } from './index';

export interface RateLimitStoreOptions {
  /** A client of one's own, in the place of `url` and `token`. */
  redis?: RatelimitRedis;
  /** The REST URL that Upstash shows. `UPSTASH_REDIS_REST_URL` unless given; without any it counts in process memory. */
  url?: string;
  /** The REST token that goes with it. `UPSTASH_REDIS_REST_TOKEN` unless given. */
  token?: string;
  /** What keys begin with. `CACHE_KEY_PREFIX` unless given, or else `'strapi'`. */
  prefix?: string;
  /** The longest that a log-in waits for Upstash, in ms; then it is counted in this process. 1,000 unless given. */
  timeout?: number;
}

/**
 * A store for koa2-ratelimit, with which Strapi limits log-ins: all processes count together. In `config/admin.js` it is
 * `rateLimit: { store: new RateLimitStore() }`, for users-permissions `ratelimit: { store: … }` in `config/plugins.js`.
 */
export declare class RateLimitStore {
  /** Throws `E_CONFIG` where koa2-ratelimit is not installed, or the credentials can't be. */
  constructor(options?: RateLimitStoreOptions);
  /** Counts `weight` more: how many there are in the window that began with the first, and when it ends in ms since the epoch. */
  incr(key: string, options: { interval: number }, weight: number): Promise<{ counter: number; dateEnd: number }>;
  /** Takes back what was counted for a request. */
  decrement(key: string, options: { interval: number }, weight: number): Promise<void>;
  /** Does nothing: koa2-ratelimit tells of those it refuses, and they are not kept. */
  saveAbuse(abuse: unknown): Promise<void>;
}
