export { Engine, Limiter, ipIdentifier, resolveConfig, resolveMiddlewareConfig } from './binding';
export type { Decision, Facts, Fetched, Flight, Outcome } from './binding';

/** What `config/plugins` may hold under `upstash.config`. */
export type { UserConfig as Config } from './strapi-plugin/dist/server/types';

/** An argument of a command. Numbers are sent as their decimal digits. */
export type Argument = string | number | bigint;

/** What Redis answered: strings as they are stored, integers as numbers, lists as arrays. */
export type Reply = string | number | null | Reply[];

/**
 * A client for Upstash Redis over its REST API. Loads no Strapi code.
 *
 * Rejects with an `Error` whose `code` is `E_REDIS` (Redis refused the command), `E_NETWORK`, `E_TIMEOUT` (10 s),
 * `E_STATUS` or `E_PROTOCOL` (an answer that is none of Upstash's), `E_UNAVAILABLE` (it failed three times in a row
 * and is not asked for a moment) or `E_COMMAND` (an argument that can't be sent).
 */
export declare class Redis {
  /** Throws `E_CONFIG` for a URL or a token that can't be one. */
  constructor(options: { url: string; token: string });
  /** Reads `UPSTASH_REDIS_REST_URL` and `UPSTASH_REDIS_REST_TOKEN`. Throws `E_CONFIG` when one is missing. */
  static fromEnv(env?: Record<string, string | undefined>): Redis;
  /** Runs one command, such as `['SET', 'key', 'value', 'EX', 60]`. */
  command(command: readonly Argument[]): Promise<Reply>;
  /** Runs commands in order in one request, not atomically. An `Error` stands where a command was refused. */
  pipeline(commands: readonly (readonly Argument[])[]): Promise<(Reply | Error)[]>;
}
