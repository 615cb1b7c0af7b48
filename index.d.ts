import type { EventEmitter } from 'node:events';
import type {
  QstashDailyRatelimitError,
  QstashEmptyArrayError,
  QstashError,
  QstashRatelimitError,
  SignatureError,
} from './qstash';
import type { Commands, PipelineCommands, RawCommands } from './redis/commands';

export { Engine, LimitRouting, Limiter, Tokens, ipIdentifier, resolveConfig, resolveKoaConfig, resolveMiddlewareConfig } from './binding';
export type { Decision, Facts, Fetched, Flight, Outcome } from './binding';
export type * from './redis/commands';
export { QStash, Receiver } from './qstash';
export type * from './qstash';
export * from './ratelimit';

/** What `config/plugins` may hold under `upstash.config`. */
export type { UserConfig as Config } from './strapi-plugin/dist/server/types';

/** What `new Redis()` takes. All but `readUrl`, `timeout`, `bigIntegers` and `retry.unsentOnly` is as in @upstash/redis. */
export interface RedisConfig {
  /** The REST URL that Upstash shows, such as `https://name-12345.upstash.io`. */
  url: string | undefined;
  /** The REST token that Upstash shows. It appears in no error and no log. */
  token: string | undefined;
  /** A replica nearby that answers what only reads; writes go to `url`. Tried once, then `url` is asked. */
  readUrl?: string;
  /**
   * What is done when a request does not get through: it is sent again so often, after so many ms. All calls of a
   * client share a budget, so that an outage is not answered by a storm. `false`: it is not sent again.
   */
  retry?:
    | false
    | {
        /** 5 unless given, 100 at most. */
        retries?: number;
        /** From the retry, counted from 0, to ms. `Math.exp(retry) * 50` unless given, shortened by chance by half at most. */
        backoff?: (retry: number) => number;
        /** Only what certainly nobody has seen is sent again. Otherwise an `incr` whose answer was lost counts twice. */
        unsentOnly?: boolean;
      };
  /** The longest that a call may take, retries included, in ms; 0 for no limit. 30,000 unless given. */
  timeout?: number;
  /** Whether replies that are JSON are parsed, and hashes become objects. True unless given. */
  automaticDeserialization?: boolean;
  /** Integers that a number can't hold, beyond 2^53, come as text unless `'bigint'` is given. */
  bigIntegers?: 'text' | 'bigint';
  /** Whether what is asked for in one turn of the event loop goes in one request. True unless given. */
  enableAutoPipelining?: boolean;
  /** How strings come over the wire. `false` saves bytes, and turns what is no UTF-8 into replacement characters. */
  responseEncoding?: false | 'base64';
  /** Whether what was written is read, also from another region of a Global Database. True unless given. */
  readYourWrites?: boolean;
  /** Aborts calls: the promise rejects with its reason, and what was not sent is not. */
  signal?: AbortSignal | (() => AbortSignal);
  /** Whether connections stay open. True unless given. */
  keepAlive?: boolean;
  /** Prints how long each call took. */
  latencyLogging?: boolean;
  /** Whether versions of package and Node.js are told to Upstash. True, unless `UPSTASH_DISABLE_TELEMETRY` is set. */
  enableTelemetry?: boolean;
  /** Taken and not used: no request passes a cache on its way. */
  cache?: 'default' | 'force-cache' | 'no-cache' | 'no-store' | 'only-if-cached' | 'reload' | false;
  /** Taken and not used, with a warning: requests are made outside of Node.js. `HTTPS_PROXY` is heeded. */
  agent?: unknown;
}

/** One request to Upstash, as middleware sees it. */
export interface UpstashRequest {
  /** Nothing for one command, `['pipeline']` or `['multi-exec']` for several. */
  path?: string[];
  /** The command, or the commands. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface UpstashResponse<TResult> {
  result?: TResult;
  error?: string;
}

/** Something that carries requests to Upstash, in the place of this client's own way. */
export interface Requester {
  readYourWrites?: boolean;
  upstashSyncToken?: string;
  request: <TResult = unknown>(request: UpstashRequest) => Promise<UpstashResponse<TResult>>;
}

/** How the endpoint is doing, as this client sees it. */
export interface RedisStatus {
  /** `open`: it failed three times in a row and is asked by a `PING` of our own alone, until that is answered. */
  breaker: 'closed' | 'open';
  /** Failures in a row. */
  failures: number;
  /** What is left for retries, from 1 (all) to 0 (none). */
  retryBudget: number;
  /** The last failure, if there was one. */
  lastError?: string;
}

export interface MatchOptions {
  /** A glob pattern. */
  match?: string;
  /** About how many to look at in one request. */
  count?: number;
}

/**
 * A client for Upstash Redis over its REST API, in the place of @upstash/redis. Loads no Strapi code.
 *
 * Calls reject with an `UpstashError` whose `code` is `E_REDIS` (Redis refused the command), `E_NETWORK`, `E_TIMEOUT`,
 * `E_STATUS` or `E_PROTOCOL` (an answer that is none of Upstash's), `E_UNAVAILABLE` (it failed three times in a row and
 * is not asked for a moment), `E_COMMAND` (a command that can't be sent) or `E_CONFIG` (no credentials).
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- every client has them; the table declares them
export declare class Redis {
  /** Throws `E_CONFIG` for an option that can't be. Without url and token it warns, and each call rejects. */
  constructor(config: RedisConfig | Requester);
  /**
   * Reads `UPSTASH_REDIS_REST_URL` and `UPSTASH_REDIS_REST_TOKEN`, or else `KV_REST_API_URL` and `KV_REST_API_TOKEN`.
   */
  static fromEnv(config?: Omit<RedisConfig, 'url' | 'token'>): Redis;
  /** The newest sync token of a Global Database; set on another client it makes that one read this one's writes. */
  get readYourWritesSyncToken(): string | undefined;
  set readYourWritesSyncToken(token: string | undefined);
  /** The same commands with replies as they are stored: strings as Buffers. Arguments may be Buffers everywhere. */
  readonly raw: RawCommands;
  /** The same client, whose calls are aborted by `signal`. */
  with(options: { signal?: AbortSignal }): Redis;
  /** How the endpoint is doing. */
  status(): RedisStatus;
  /** Puts `middleware` around each request from now on. */
  use: <TResult = unknown>(
    middleware: (
      request: UpstashRequest,
      next: <TNext = unknown>(request: UpstashRequest) => Promise<UpstashResponse<TNext>>,
    ) => Promise<UpstashResponse<TResult>>,
  ) => void;
  /** Commands to be sent in one request, in order, not atomically. */
  pipeline: () => Pipeline<[]>;
  /** Commands to be sent in one request and carried out as one: nobody sees a state in between. */
  multi: () => Pipeline<[]>;
  /** Operations on the bits of one value; `exec` carries them out in order. */
  bitfield: (key: string) => BitField<Promise<(number | null)[]>>;
  /** A Lua script, sent by its hash, and whole where Redis does not know it. */
  createScript<TResult = unknown>(script: string, options: { /** It only reads. */ readonly: true }): ScriptRO<TResult>;
  createScript<TResult = unknown>(script: string, options?: { readonly?: false }): Script<TResult>;
  createScript<TResult, TReadonly extends boolean>(
    script: string,
    options?: { readonly?: TReadonly },
  ): TReadonly extends true ? ScriptRO<TResult> : Script<TResult>;
  /** Listens to channels. */
  subscribe: <TMessage>(channels: string | string[]) => Subscriber<TMessage>;
  /** Listens to the channels that match patterns. */
  psubscribe: <TMessage>(patterns: string | string[]) => Subscriber<TMessage>;
  /** The keys of the database, one by one. */
  scanIterator(options?: MatchOptions & { type?: string }): AsyncGenerator<string>;
  /** The fields of a hash with their values, one by one. */
  hscanIterator<TData = unknown>(key: string, options?: MatchOptions): AsyncGenerator<[field: string, value: TData]>;
  /** The members of a set, one by one. */
  sscanIterator<TData = string>(key: string, options?: MatchOptions): AsyncGenerator<TData>;
  /** The members of a sorted set with their scores, one by one. */
  zscanIterator<TData = string>(key: string, options?: MatchOptions): AsyncGenerator<{ member: TData; score: number }>;
}
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- as above
export interface Redis extends Commands {}

/** Commands that are collected and sent by `exec`. Each method adds one and gives the pipeline back. */
export interface Pipeline<TResults extends unknown[] = []> extends PipelineCommands<TResults> {
  /** How many commands it holds. */
  length(): number;
  /** Operations on the bits of one value; their `exec` adds them and gives the pipeline back. */
  bitfield: (key: string) => BitField<Pipeline<[...TResults, (number | null)[]]>>;
  /** Sends the commands. With `keepErrors` each has its own error or result; else the first error rejects. */
  exec: {
    <TAll extends unknown[] = [] extends TResults ? unknown[] : TResults>(): Promise<TAll>;
    <TAll extends unknown[] = [] extends TResults ? unknown[] : TResults>(options: {
      keepErrors: true;
    }): Promise<{ [K in keyof TAll]: { error?: string; result: TAll[K] } }>;
  };
}

/** An integer type of BITFIELD: `u8`, `i16`; up to 64 bits signed, 63 unsigned. */
export type BitFieldEncoding = `u${number}` | `i${number}`;

/** Operations on the bits of one value. `offset`: bits from the first, or `#1` for the second of that width. */
export interface BitField<TExec> {
  get(encoding: string, offset: number | string): this;
  set(encoding: string, offset: number | string, value: number | bigint): this;
  incrby(encoding: string, offset: number | string, increment: number | bigint): this;
  /** What later `set` and `incrby` do beyond the width. */
  overflow(behaviour: 'WRAP' | 'SAT' | 'FAIL' | 'wrap' | 'sat' | 'fail'): this;
  exec(): TExec;
}

/** A Lua script. */
export interface Script<TResult = unknown> {
  readonly script: string;
  /** SHA-1 of the script, by which Redis knows it. */
  readonly sha1: string;
  /** Sends the text: `EVAL`. */
  eval(keys: string[], args: string[]): Promise<TResult>;
  /** Sends the hash: `EVALSHA`. Rejects where Redis does not know it. */
  evalsha(keys: string[], args: string[]): Promise<TResult>;
  /** Sends the hash, then the text where Redis does not know it. */
  exec(keys: string[], args: string[]): Promise<TResult>;
}

/** A Lua script that only reads. */
export interface ScriptRO<TResult = unknown> {
  readonly script: string;
  /** SHA-1 of the script, by which Redis knows it. */
  readonly sha1: string;
  /** Sends the text: `EVAL_RO`. */
  evalRo(keys: string[], args: string[]): Promise<TResult>;
  /** Sends the hash: `EVALSHA_RO`. Rejects where Redis does not know it. */
  evalshaRo(keys: string[], args: string[]): Promise<TResult>;
  /** Sends the hash, then the text where Redis does not know it. */
  exec(keys: string[], args: string[]): Promise<TResult>;
}

/**
 * Listens to channels, each over a connection of its own that is opened again when it breaks. What was published while
 * it was broken is lost: Redis keeps no messages.
 */
export interface Subscriber<TMessage = unknown> extends EventEmitter {
  on(event: 'message' | `message:${string}`, listener: (event: { channel: string; message: TMessage }) => void): this;
  on(
    event: 'pmessage' | `pmessage:${string}`,
    listener: (event: { pattern: string; channel: string; message: TMessage }) => void,
  ): this;
  /** Each time a subscription stands, also again; with how many there are on its connection. */
  on(event: 'subscribe' | 'psubscribe', listener: (count: number) => void): this;
  /** A connection broke; it is tried again. */
  on(event: 'disconnect', listener: (event: { channel: string; error: UpstashError }) => void): this;
  /** Upstash refuses; it is not tried again. */
  on(event: 'error', listener: (error: Error) => void): this;
  /** Ends the subscriptions to these, or to all, and then removes the listeners as well. */
  unsubscribe(channels?: string[]): Promise<void>;
  getSubscribedChannels(): string[];
}

/** What went wrong; `code` is stable. */
declare class UpstashError extends Error {
  readonly code: string;
}

/** An answer that is not of the REST protocol, such as a proxy's page. */
declare class UpstashJSONParseError extends UpstashError {
  /** The HTTP status it came with. */
  readonly status: number;
}

/** A URL that can't be Upstash's. */
declare class UrlError extends Error {
  readonly code: 'E_CONFIG';
}

/** The classes of errors, for `instanceof`. */
export declare const errors: {
  UpstashError: typeof UpstashError;
  UpstashJSONParseError: typeof UpstashJSONParseError;
  UrlError: typeof UrlError;
  QstashError: typeof QstashError;
  QstashRatelimitError: typeof QstashRatelimitError;
  QstashDailyRatelimitError: typeof QstashDailyRatelimitError;
  QstashEmptyArrayError: typeof QstashEmptyArrayError;
  SignatureError: typeof SignatureError;
};
