import type { Core } from '@strapi/strapi';
import { cache } from './cache-middleware';
import type { ResolvedRule } from './config';
import { rateLimit } from './rate-limit-middleware';
import type { Site } from './site';
import type { ResolvedConfig } from './types';

/** What sets headers for one request, or needs to see the body last, must stand outside of what answers from memory. */
const OUTSIDE_CACHE = ['strapi::errors', 'strapi::security', 'strapi::cors', 'strapi::compression'];
/** A 429 needs CORS headers as well, or a browser hides it. */
const OUTSIDE_LIMITER = ['strapi::errors', 'strapi::cors'];

/** One line about what is in use. No URL and no token. */
export function announce({ strapi, engine, options }: Site): void {
  const where = engine.store === 'upstash' ? 'in memory and on Upstash' : 'in process memory';
  const { enabled, rules } = options.rateLimit;
  const cached = options.cache.enabled ? `cache for ${options.ttlMs / 1000} s` : 'cache off';
  const limited = enabled ? limitsOf(rules) : 'rate limit off';
  strapi.log.info(`[upstash] ${where}: ${cached}, ${limited}${jobsOf(options)}`);
}

function jobsOf({ jobs, qstash }: ResolvedConfig): string {
  if (jobs.length === 0) return '';
  if (!qstash.enabled) return ', jobs off';
  return jobs.length === 1 ? ', 1 job' : `, ${jobs.length} jobs`;
}

function limitsOf(rules: ResolvedRule[]): string {
  const [rule] = rules;
  if (rules.length !== 1 || rule === undefined) return `${rules.length} rate limits`;
  return `limit ${rule.limit ?? 'by a function'} per ${rule.windowMs / 1000} s`;
}

/** Warns of an order in config/middlewares that gives wrong headers. */
export function checkOrder(strapi: Core.Strapi): void {
  const names = strapi.config.get<unknown[]>('middlewares', []).map(nameOf);
  warnIfBefore(strapi, names, cache, OUTSIDE_CACHE);
  warnIfBefore(strapi, names, rateLimit, OUTSIDE_LIMITER);
}

function warnIfBefore(strapi: Core.Strapi, names: string[], ours: Core.MiddlewareFactory, outside: string[]): void {
  // By what a name stands for: a site may have a file of its own under one of the global names.
  const at = names.findIndex((name) => strapi.get('middlewares').get(name) === ours);
  if (at < 0) return;
  const late = outside.filter((name) => names.indexOf(name) > at);
  if (late.length === 0) return;
  strapi.log.warn(`[upstash] ${names[at]} stands before ${late.join(', ')} in config/middlewares; move it after`);
}

function nameOf(item: unknown): string {
  if (typeof item === 'string') return item;
  const name = (item as { name?: unknown } | null)?.name;
  return typeof name === 'string' ? name : '';
}
