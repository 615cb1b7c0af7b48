import type { Context } from 'koa';
import type { ResolvedRule } from './config';
import type { CacheRule, CachingOptions } from './http/rule';
import type { ResolvedJob } from './jobs/job';

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
    /** Entries to hold at most. Default: 100000. */
    maxEntries?: number | undefined;
    /** A body larger than this, in bytes, is not stored. Default: 1048576 (1 MiB). */
    maxEntryBytes?: number | undefined;
    /**
     * With Upstash, while the bus is not heard: how long an answer in memory is trusted before Upstash is asked again.
     * Default: `'1 s'`.
     */
    maxAge?: Duration | undefined;
  } | undefined;
  /** With Upstash: the channel on which processes tell each other of purges. */
  bus?: {
    /** False asks Upstash after each `l1.maxAge` instead. Default: true. */
    enabled?: boolean | undefined;
    /**
     * How often it gives a sign of life while answers come from memory: one command. Where it falls silent without
     * breaking, another process's purge is noticed after twice as long at the latest. Default: `'3 s'`.
     */
    heartbeat?: Duration | undefined;
  } | undefined;
  cache?: CacheOptions | undefined;
  /**
   * What holds for the answers of a content type's routes, by the uid of their controller:
   * `{ 'api::article.article': { ttl: '2h', swr: '10m' } }`.
   */
  contentTypes?: Record<string, CacheMiddlewareConfig> | undefined;
  rateLimit?: RateLimitOptions | undefined;
  /** What becomes a message of QStash when content changes. Default: nothing. */
  jobs?: JobOptions[] | undefined;
  /** How QStash is reached. Goes with `jobs`. */
  qstash?: {
    /** False: no jobs are noted or sent. Default: true. */
    enabled?: boolean | undefined;
    /** QStash's token, without which there can be no jobs. Default: the variable `QSTASH_TOKEN`. Never logged. */
    token?: string | undefined;
    /** Where QStash is. Default: the variable `QSTASH_URL`, else `'https://qstash.upstash.io'`. */
    baseUrl?: string | undefined;
  } | undefined;
  /**
   * A route of a front end that is told of each change of published content, after its commit, and again when it does not
   * answer: docs/nextjs.md. Default: none.
   */
  revalidate?: {
    /** Its address: `'https://example.com/api/revalidate'`. Goes with `secret`: both or neither. */
    url?: string | undefined;
    /** What requests are signed with, 16 characters or more. Never logged. */
    secret?: string | undefined;
    /** The longest time one request may take. Default: `'5 s'`. */
    timeout?: Duration | undefined;
  } | undefined;
  /** Purge everything when Strapi starts. Default: false. */
  purgeOnStart?: boolean | undefined;
}

/** What holds for an answer, where its handler says nothing else. */
export interface CacheRuleOptions {
  /** False: it is not cached. Default: true. */
  enabled?: boolean | undefined;
  /**
   * stale-while-revalidate (RFC 5861): for how long after its TTL an answer still goes out while it is made anew. What is
   * purged never does. Default: 0, not at all.
   */
  swr?: Duration | false | undefined;
  /** stale-if-error (RFC 5861): for how long after its TTL an answer goes out when making it anew fails. Default: 0. */
  staleIfError?: Duration | false | undefined;
  /** `max-age` for browsers, as `Cache-Control: public, max-age=…`, where the handler sets none. Default: none. */
  browser?: Duration | false | undefined;
  /** `s-maxage` for CDNs, likewise. Default: none. */
  cdn?: Duration | false | undefined;
  /**
   * Requests with an `Authorization` header. `bypass`: they are not answered from the cache. `per-credential`: each
   * credential has answers of its own. `per-role`: all users of a role share answers, which is wrong where an answer depends
   * on more than the role. Default: `'bypass'`.
   */
  authenticated?: 'bypass' | 'per-credential' | 'per-role' | undefined;
}

/** `cache` in the plugin's options. */
export interface CacheOptions extends CacheRuleOptions {
  /**
   * True caches answers as well of which nothing is known that they depend on, those of raw SQL for one: until their TTL
   * ends, or `purgeTags('untagged')`. Default: false.
   */
  untagged?: boolean | undefined;
  /** The share of a TTL that is left out by chance, 0 to 1, so that not all ends at once. Default: 0.05. */
  jitter?: number | undefined;
  /** Whether an answer that is asked for often is made anew shortly before its end. Default: true. */
  earlyRefresh?: boolean | undefined;
  /**
   * Whether a request's `Cache-Control` counts (`no-cache`, `max-age`, …), so that a visitor can have an answer made anew.
   * `only-if-cached` always does. Default: `'ignore'`.
   */
  requestDirectives?: 'ignore' | 'honor' | undefined;
  /** Whether br and gzip forms of a body are kept with it, so that a hit needs no compression. Default: true. */
  compression?: boolean | undefined;
  /** A header that tells a CDN the tags of an answer: `'Cache-Tag'`, `'Surrogate-Key'`. Default: none. */
  tagHeader?: string | undefined;
  /** With Upstash: how long one process waits for another that makes the same answer. Default: `'1 s'`. */
  fillLock?: Duration | false | undefined;
  /** Whether queries through Strapi's GraphQL plugin are cached. Default: true. */
  graphql?: boolean | undefined;
}

/**
 * The options of one cache middleware: `{ name: 'plugin::upstash.cache', config: { ttl: '10 m' } }`; on a route they win over
 * those of its content type.
 */
export interface CacheMiddlewareConfig extends CacheRuleOptions {
  /** As the plugin's `ttl`. */
  ttl?: Duration | undefined;
  /** False: an answer lives until its TTL ends, whatever is written meanwhile. Default: true. */
  invalidate?: boolean | undefined;
}

/** What happens to a document through Strapi's Document Service, which the panel, REST and GraphQL use as well. */
export type JobEventName = 'create' | 'update' | 'delete' | 'publish' | 'unpublish';

/** One event: of one document in one language. */
export interface JobEvent {
  /** Its own; the same in each attempt to send it. */
  id: string;
  on: JobEventName;
  /** The uid: `'api::article.article'`. */
  contentType: string;
  documentId: string;
  /** Null where the type has no locales. */
  locale: string | null;
  /** When it happened, as ISO 8601. */
  at: string;
  /**
   * The values of the entry as the write returned them: no relations, media, components or passwords. Of an entry that
   * was deleted, the last there were.
   */
  entry: Record<string, unknown>;
}

/** What JSON can say. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** What a function that makes a body is given beside the event. */
export interface JobContext {
  /** This Strapi: `Core.Strapi` of `@strapi/strapi`, which these types do without, as they are read without Strapi too. */
  strapi: object;
}

/** Makes a body. Its parameters may be told more closely: `(event, { strapi }: { strapi: Core.Strapi }) => …`. */
export type JobBody = { make(event: JobEvent, context: JobContext): unknown }['make'];

/**
 * Sends a message through QStash, which delivers it to `url`, for each event of some types. At least once, after the
 * commit of the write, and in no promised order.
 */
export interface JobOptions {
  /**
   * What jobs that wait in the database are known by: 1 to 64 letters, digits, `-`, `_`, `.` or `:`. Default: made from
   * `on`, `contentType` and `url`; with a name these can be changed while some wait.
   */
  name?: string | undefined;
  on: JobEventName | JobEventName[];
  /** The uid of a type, several, or `'*'` for all that begin with `api::`. */
  contentType: string | string[];
  /** Where QStash delivers it. */
  url: string;
  /** How long QStash waits before the delivery, from when it has the message. Whole seconds. Default: not at all. */
  delay?: Duration | false | undefined;
  /** How often QStash tries a delivery again that failed. Default: what your plan has. */
  retries?: number | undefined;
  /** The method of the delivery. Default: `'POST'`. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | undefined;
  /** How long the destination may take. Whole seconds. Default: what your plan has. */
  timeout?: Duration | undefined;
  /** Headers of the delivery. Those that begin with `Upstash-` are for QStash itself. */
  headers?: Record<string, string> | undefined;
  /** Where QStash sends the destination's answer. */
  callback?: string | undefined;
  /** Where QStash sends a message that could not be delivered. */
  failureCallback?: string | undefined;
  /**
   * What becomes the JSON that is delivered, or a function that makes it, in the background, when the message is sent. From
   * null no message is made. A function that throws, or takes longer than 5 s, is logged and the default takes its place.
   * Default: the event without `entry`.
   */
  body?: Json | JobBody | undefined;
}

/** `strapi.plugin('upstash').service('jobs')`. */
export interface JobsService {
  stats(): Promise<JobsStats>;
  /** Sends what was given up once more; resolves to how many there were. */
  retry(): Promise<number>;
}

export interface JobsStats {
  /** Messages that wait to be sent, by any process. */
  pending: number;
  /** Messages that were given up in the last 30 days. */
  failed: number;
  /** Messages that this process has sent since it started. */
  sent: number;
}

/** Whom a request counts for. */
export type RateLimitBy = 'ip' | 'user' | 'api-token' | 'route' | ((ctx: Context) => string | null | Promise<string | null>);

/** Replaces the answer to a refused request. Status and headers are set by then. */
export type RateLimitHandler = (ctx: Context, decision: LimitDecision) => unknown;

/** One rate limit. Options left out are those of the list it stands in, then those of the plugin. */
export interface RateLimitRule {
  /**
   * How it is called in headers and keys: 1 to 64 letters, digits, `-`, `_`, `.` or `:`. Rules of one name share a
   * budget. Default: made from its place.
   */
  name?: string | undefined;
  /** Requests that may be made in one window, or a function of who makes them; `Infinity` is no limit. Default: 100. */
  limit?: number | ((identity: Identity, ctx: Context) => number | Promise<number>) | undefined;
  /** The length of the window. Default: `'60 s'`. */
  window?: Duration | undefined;
  /**
   * `sliding-window` (the default) weighs the window before by what of it is left; `fixed-window` starts from nothing
   * at each window; `token-bucket` and `gcra` let requests pass evenly, and `burst` of them at once.
   */
  algorithm?: 'sliding-window' | 'fixed-window' | 'token-bucket' | 'gcra' | undefined;
  /** The most requests at once, for `token-bucket` and `gcra`. Default: `limit`. */
  burst?: number | undefined;
  /**
   * Whom a request counts for. `user` and `api-token` are verified, and the address where there is none; a function
   * names anything, and null for a request that does not count. Several make one budget of each combination.
   * Default: `'ip'`.
   */
  by?: RateLimitBy | RateLimitBy[] | undefined;
  /** How many requests a request counts for; 0 for none. Default: 1. */
  cost?: number | ((ctx: Context) => number | Promise<number>) | undefined;
  /**
   * With Upstash: `leased` takes some tokens ahead and asks for few requests; `exact` asks for each. Neither lets more
   * than `limit` pass over all processes. Default: `'leased'`.
   */
  mode?: 'leased' | 'exact' | undefined;
  /**
   * What becomes of a request when Upstash does not answer: `local` counts in this process, `open` lets it pass,
   * `closed` answers 503. Default: `'local'`.
   */
  onError?: 'local' | 'open' | 'closed' | undefined;
  /** Counts, and logs whom it would refuse, and refuses nobody. Default: false. */
  dryRun?: boolean | undefined;
  /** Requests that are not counted. */
  skip?: ((ctx: Context) => boolean | Promise<boolean>) | undefined;
  /** Addresses and networks (CIDR) that are not counted: `'10.0.0.0/8'`. */
  allow?: string | string[] | undefined;
  handler?: RateLimitHandler | undefined;
}

/** A rule in a list: the first that is for a request counts it. */
export interface RateLimitMatchingRule extends RateLimitRule {
  /**
   * Which requests: `'*'` for all of the content API and GraphQL (the default), a path, or all that is given of these.
   * In a path `*` stands for anything and `/api` for the content API's prefix; case, encoding and slashes at the end
   * make no difference.
   */
  match?:
    | string
    | {
        path?: string | string[] | undefined;
        /** HEAD is matched as GET. */
        methods?: string | string[] | undefined;
        /** The type, by its uid, whose routes these are: `'api::article.article'`. */
        contentType?: string | string[] | undefined;
      }
    | undefined;
}

/** The options of one limiter: `{ name: 'plugin::upstash.rate-limit', config: { limit: 5, window: '60 s' } }`. */
export interface RateLimitMiddlewareConfig extends RateLimitRule {
  /** The rules in their order; a request that none is for is not counted. Default: one rule for all requests. */
  rules?: RateLimitMatchingRule[] | undefined;
}

/** `rateLimit` in the plugin's options: what holds for all limiters. */
export interface RateLimitOptions extends RateLimitMiddlewareConfig {
  /** False makes the rate limit middleware pass everything through. Default: true. */
  enabled?: boolean | undefined;
  /**
   * The number of your own proxies in front of Strapi, each of which adds one address to `X-Forwarded-For`: the client
   * is the n-th from the right. Default: what Koa says, which `server.proxy.koa` decides on.
   */
  trustedHops?: number | undefined;
  /** The header your proxies add to; `forwarded` is RFC 7239's. Goes with `trustedHops`. Default: `'x-forwarded-for'`. */
  forwardedHeader?: 'x-forwarded-for' | 'forwarded' | undefined;
  /** How many bits of an IPv6 address are one visitor. Default: 64. */
  ipv6Subnet?: number | undefined;
}

/** A users-permissions user, with the role. */
export interface UserIdentity {
  id: number | string;
  username?: string;
  email?: string;
  role?: { id: number | string; name: string; type: string } | null;
  [field: string]: unknown;
}

/** A content API token. */
export interface ApiTokenIdentity {
  id: number | string;
  name: string;
  type: 'read-only' | 'full-access' | 'custom';
  expiresAt?: string | Date | null;
  [field: string]: unknown;
}

/** Who makes a request, as far as it is verified. */
export interface Identity {
  /** The address. */
  ip: string;
  user: UserIdentity | null;
  apiToken: ApiTokenIdentity | null;
}

/** What a limiter says to one request. Moments in ms since the epoch. */
export interface LimitDecision {
  /** The rule's name. */
  rule: string;
  limit: number;
  windowMs: number;
  success: boolean;
  /** Requests left now. */
  remaining: number;
  /** When the window ends, the bucket gets tokens, or the burst is whole again. */
  reset: number;
  /** When the same request could pass; Infinity where it costs more than there can be. */
  retry: number;
  /** Upstash did not answer, and `onError` decided. */
  undecided: boolean;
}

/** What a controller finds as `ctx.state.upstash` where the cache middleware is in use. */
export interface ResponseMarks {
  /** Names things this answer depends on that can't be seen from its reads, for `purgeTags`. */
  tag(...tags: string[]): void;
  /**
   * Says that this answer does not depend on these content types though it reads them, or not on these tags after all.
   * Nothing that changes them purges it any more.
   */
  untag(...names: string[]): void;
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
  /** Whether other processes' purges are heard as they are made. Without Upstash there are none: `closed`. */
  bus: 'open' | 'closed';
  /** Requests answered from memory. */
  hits: number;
  /** Of these, those whose answer was stale and was being made anew. */
  stale: number;
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
  maxEntries: number;
  /** Requests to Upstash that failed. */
  l2Errors: number;
  /** Requests the limiters turned away. */
  limited: number;
  /** Requests that rules with `dryRun` would have turned away. */
  limitedInDryRun: number;
  /** Requests that `onError` decided, since Upstash did not answer. */
  limitUndecided: number;
  /** Errors of this plugin that were caught so that the request could go on without it. */
  failures: number;
}

/** Whom to tell, and how to sign it. */
export interface RevalidateOptions {
  url: string;
  secret: string;
  timeoutMs: number;
}

/** The plugin's options with defaults and environment filled in; times in ms. */
export interface ResolvedConfig {
  url: string | null;
  token: string | null;
  prefix: string;
  ttlMs: number;
  deadlineMs: number;
  l1: { maxBytes: number; maxEntries: number; maxEntryBytes: number; maxAgeMs: number };
  bus: { enabled: boolean; heartbeatMs: number };
  cache: CachingOptions;
  contentTypes: Record<string, Partial<CacheRule>>;
  rateLimit: {
    enabled: boolean;
    trustedHops: number | null;
    forwardedHeader: string;
    ipv6Subnet: number;
    defaults: ResolvedRule;
    rules: ResolvedRule[];
  };
  jobs: ResolvedJob[];
  qstash: { enabled: boolean; token: string | null; baseUrl: string };
  revalidate: RevalidateOptions | null;
  purgeOnStart: boolean;
}
