import { resolveConfig, resolveMiddlewareConfig } from '../../..';
import type { CacheRule } from './http/rule';
import type { ResolvedConfig, UserConfig } from './types';

/** The only variables of the environment that change anything. */
const VARIABLES = ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN', 'CACHE_KEY_PREFIX', 'CACHE_TTL_SECONDS', 'QSTASH_TOKEN', 'QSTASH_URL'];

/**
 * The plugin's `config` as Strapi wants it. The default is empty: Strapi merges defaults into the user's arrays by
 * index, and all defaults are the engine's anyway.
 */
export const config = {
  default: {},
  validator(options: unknown): void {
    resolveOptions(options);
  },
};

/** Options with everything filled in, as the JSON the engine takes. Throws `E_CONFIG`. */
export function resolveOptions(options: unknown): string {
  const environment: Record<string, string> = {};
  for (const name of VARIABLES) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return resolveConfig(toJson(options), environment);
}

/** One rule of a limiter, complete. Functions are null or true here; they stay in the options they came in. */
export interface ResolvedRule {
  name: string | null;
  match: { paths?: string[]; methods?: string[]; contentTypes?: string[] };
  limit: number | null;
  windowMs: number;
  algorithm: string;
  burst: number | null;
  cost: number | null;
  mode: 'exact' | 'leased';
  onError: 'open' | 'local' | 'closed';
  dryRun: boolean;
  allow: string[];
}

/** The rules of one limiting middleware. */
export interface LimitRules {
  /** Whether these are its own, not the plugin's. */
  own: boolean;
  /** What holds for each rule, as a rule for everything. */
  defaults: ResolvedRule;
  rules: ResolvedRule[];
}

/** One middleware's own options over the plugin's. Throws `E_CONFIG`. */
export function resolveRule(kind: 'cache', options: unknown, resolved: string): Partial<CacheRule>;
export function resolveRule(kind: 'rate-limit', options: unknown, resolved: string): LimitRules;
export function resolveRule(kind: string, options: unknown, resolved: string): unknown {
  return JSON.parse(resolveMiddlewareConfig(kind, toJson(options ?? {}), resolved));
}

/** What `strapi.config.get('plugin::upstash')` shows: the user's own words and units, complete. */
export function readable(resolved: ResolvedConfig, given: UserConfig): UserConfig {
  const { url, token, prefix, ttlMs, deadlineMs, l1, bus, cache, rateLimit, qstash, revalidate, purgeOnStart } = resolved;
  const { rule } = cache;
  const shown: UserConfig = {
    prefix,
    ttl: ttlMs / 1000,
    deadline: deadlineMs / 1000,
    l1: { maxBytes: l1.maxBytes, maxEntries: l1.maxEntries, maxEntryBytes: l1.maxEntryBytes, maxAge: l1.maxAgeMs / 1000 },
    bus: { enabled: bus.enabled, heartbeat: bus.heartbeatMs / 1000 },
    cache: {
      enabled: cache.enabled,
      untagged: cache.untagged,
      authenticated: rule.authenticated,
      swr: rule.staleMs / 1000,
      staleIfError: rule.errorMs / 1000,
      browser: rule.browserMs / 1000,
      cdn: rule.cdnMs / 1000,
      jitter: cache.jitter,
      earlyRefresh: cache.earlyRefresh,
      requestDirectives: cache.requestDirectives,
      compression: cache.compression,
      tagHeader: cache.tagHeader ?? undefined,
      fillLock: cache.fillLockMs / 1000,
      graphql: cache.graphql,
    },
    contentTypes: given.contentTypes,
    rateLimit: {
      ...given.rateLimit,
      enabled: rateLimit.enabled,
      limit: rateLimit.defaults.limit ?? given.rateLimit?.limit,
      window: rateLimit.defaults.windowMs / 1000,
    },
    jobs: given.jobs?.map(({ headers, ...job }) => withSecret(job, 'headers', headers)),
    qstash: withSecret({ enabled: qstash.enabled, baseUrl: qstash.baseUrl }, 'token', qstash.token),
    purgeOnStart,
  };
  if (url !== null) shown.url = url;
  if (revalidate !== null) {
    const { url: target, timeoutMs, secret } = revalidate;
    shown.revalidate = withSecret({ url: target, timeout: timeoutMs / 1000 }, 'secret', secret) as UserConfig['revalidate'];
  }
  return withSecret(shown, 'token', token);
}

/** Readable by name, but skipped by whatever prints or serialises a configuration. */
function withSecret<Options extends object>(options: Options, name: string, value: unknown): Options {
  return value == null ? options : Object.defineProperty(options, name, { value, enumerable: false });
}

/** An error in what the user has configured. */
export function configError(text: string): Error {
  return Object.assign(new Error(text), { code: 'E_CONFIG' });
}

/** JSON that hides no mistake: what JSON would leave out or turn into null stays visible to the check. */
export function toJson(options: unknown): string {
  const shown = (_name: string, value: unknown): unknown => {
    if (typeof value === 'function') return '[function]';
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    if (typeof value === 'bigint') return Number(value);
    return value;
  };
  return JSON.stringify(options, shown) ?? 'null';
}
