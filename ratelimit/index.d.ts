/** A number and its unit: `'10 s'`, `'1.5h'`, at least 1 ms. */
export type RatelimitDuration = `${number} ${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}` | `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}`;

/** What a limiter needs of its client: that of this package, that of @upstash/redis, or one like them. */
export interface RatelimitRedis {
  evalsha: (...args: [sha1: string, keys: string[], args: never[]]) => Promise<unknown>;
  eval: (...args: [script: string, keys: string[], args: never[]]) => Promise<unknown>;
}

/** How requests are counted; made by the static methods. */
export type RatelimitAlgorithm = (() => unknown) & { readonly regions?: false };

/** How requests are counted over several databases. */
export type MultiRegionAlgorithm = (() => unknown) & { readonly regions?: true };

export interface RatelimitConfig {
  /** Where it counts. Without one it counts in process memory. */
  redis?: RatelimitRedis | undefined;
  /** Such as `Ratelimit.slidingWindow(10, '10 s')`. */
  limiter: RatelimitAlgorithm;
  /** What keys begin with. `'@upstash/ratelimit'` unless given. */
  prefix?: string | undefined;
  /** After so many ms a request passes without an answer; 0 for never. 5,000 unless given. */
  timeout?: number | undefined;
  /** Whether it is counted who asked, for Upstash's console. Kept for 90 days. False unless given. */
  analytics?: boolean | undefined;
  /** Remembers the refused, so that no Redis is asked about them; false for not. A map of its own unless given. */
  ephemeralCache?: Map<string, number> | false | undefined;
  /** Whether values on the deny list are refused. False unless given. */
  enableProtection?: boolean | undefined;
  /** How many sources have to report an address, from 1 to 8, for it to be on the deny list. 6 unless given. */
  denyListThreshold?: number | undefined;
  /** Where the addresses come from: `<url>/<threshold>.txt`, one in a line; false for nowhere. */
  denyListUrl?: string | false | undefined;
  /** Whether `setDynamicLimit` may change the limit while all runs. False unless given. */
  dynamicLimits?: boolean | undefined;
  /** Taken and not used. */
  enableTelemetry?: boolean | undefined;
}

export interface MultiRegionRatelimitConfig
  extends Omit<RatelimitConfig, 'redis' | 'limiter' | 'enableProtection' | 'denyListThreshold' | 'denyListUrl'> {
  /** One client for each region. */
  redis: RatelimitRedis[];
  limiter: MultiRegionAlgorithm;
}

export interface LimitOptions {
  /** How many tokens the request takes; fewer than none gives some back. 1 unless given. */
  rate?: number;
  /** Looked for on the deny list, as the identifier is. */
  ip?: string;
  /** As `ip`. */
  userAgent?: string;
  /** As `ip`. */
  country?: string;
  /** For analytics. */
  geo?: { country?: string; city?: string; region?: string; ip?: string };
}

export interface RatelimitResponse {
  /** Whether the request may pass. */
  success: boolean;
  /** The most tokens there can be. */
  limit: number;
  /** What is left of them. */
  remaining: number;
  /** When the window ends, or the bucket gets tokens, in ms since the epoch. */
  reset: number;
  /** What is still done afterwards; hand it to `waitUntil` where a function ends with its answer. */
  pending: Promise<unknown>;
  /** Why no Redis was asked, or was not heeded. */
  reason?: 'timeout' | 'cacheBlock' | 'denyList';
  /** The value that is on the deny list. */
  deniedValue?: string;
}

/**
 * A limiter in the place of that of @upstash/ratelimit: both share one budget on one database. Errors have a `code`:
 * `E_CONFIG` for what it is made of, `E_COMMAND` for a rate that can't be; those of the client are passed on.
 */
export declare class Ratelimit {
  /** Throws `E_CONFIG`. */
  constructor(config: RatelimitConfig);
  /** Takes tokens, if there are enough. */
  limit: (identifier: string, options?: LimitOptions) => Promise<RatelimitResponse>;
  /** Waits until a request may pass, `timeout` ms at most. */
  blockUntilReady: (identifier: string, timeout: number) => Promise<RatelimitResponse>;
  /** What is left, without taking any of it. */
  getRemaining: (identifier: string) => Promise<{ remaining: number; reset: number; limit: number }>;
  /** Forgets what an identifier has used. */
  resetUsedTokens: (identifier: string) => Promise<void>;
  /** Changes the limit of all limiters with this prefix; false takes that back. Needs `dynamicLimits`. */
  setDynamicLimit: (options: { limit: number | false }) => Promise<void>;
  /** The limit that was set so, or null. */
  getDynamicLimit: () => Promise<{ dynamicLimit: number | null }>;

  /** `tokens` requests in each window. Around its end twice as many can pass. One counter per identifier. */
  static fixedWindow(tokens: number, window: RatelimitDuration): RatelimitAlgorithm;
  /** `tokens` requests in a window, the one before weighed by what of it is left. Two counters per identifier. */
  static slidingWindow(tokens: number, window: RatelimitDuration): RatelimitAlgorithm;
  /** A bucket of `maxTokens` that gets `refillRate` at each interval. One hash per identifier. */
  static tokenBucket(refillRate: number, interval: RatelimitDuration, maxTokens: number): RatelimitAlgorithm;
  /**
   * `tokens` requests in a window, evenly, and `burst` (`tokens` unless given) at once: the generic cell rate algorithm
   * (ITU-T I.371). Not in @upstash/ratelimit.
   */
  static gcra(tokens: number, window: RatelimitDuration, burst?: number): RatelimitAlgorithm;
  /** A fixed window that counts here, and tells Redis afterwards: fast, and too generous by what others count meanwhile. */
  static cachedFixedWindow(tokens: number, window: RatelimitDuration): RatelimitAlgorithm;
}

/** A limiter over several databases: the first answer counts, and what one lacks is written to it afterwards. */
export declare class MultiRegionRatelimit {
  /** Throws `E_CONFIG`. */
  constructor(config: MultiRegionRatelimitConfig);
  limit: Ratelimit['limit'];
  blockUntilReady: Ratelimit['blockUntilReady'];
  getRemaining: Ratelimit['getRemaining'];
  resetUsedTokens: Ratelimit['resetUsedTokens'];
  /** `tokens` requests in each window. */
  static fixedWindow(tokens: number, window: RatelimitDuration): MultiRegionAlgorithm;
  /** `tokens` requests in a window, the one before weighed by what of it is left. */
  static slidingWindow(tokens: number, window: RatelimitDuration): MultiRegionAlgorithm;
}

/** The list of addresses in the deny list. */
export declare const IpDenyList: {
  /** Thrown for a threshold outside of 1 to 8. */
  ThresholdError: new (threshold: unknown) => Error & { code: 'E_CONFIG' };
  /** Fetches the list now. `ttl`: after how many ms it is fetched again; until 2 in the morning, UTC, unless given. */
  updateIpDenyList: (redis: unknown, prefix: string, threshold: number, ttl?: number, source?: string) => Promise<unknown>;
  /** Takes it out and fetches none any more. */
  disableIpDenyList: (redis: unknown, prefix: string) => Promise<unknown>;
};
