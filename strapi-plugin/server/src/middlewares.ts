import type { Core } from '@strapi/strapi';
import { cache } from './cache-middleware';
import { rateLimit } from './rate-limit-middleware';

/** `plugin::upstash.cache` and `plugin::upstash.rate-limit`. */
export const middlewares: Record<string, Core.MiddlewareFactory> = { cache, 'rate-limit': rateLimit };

/** The same by the names of files in src/middlewares that many sites have already listed in their configuration. */
const GLOBAL_NAMES: Record<string, Core.MiddlewareFactory> = {
  'global::upstash-cache': cache,
  'global::upstash-ratelimit': rateLimit,
};

/** Strapi has loaded the site's own middlewares by register(), and resolves the list of names after it. */
export function registerGlobalNames(strapi: Core.Strapi): void {
  const registry = strapi.get('middlewares');
  for (const [name, factory] of Object.entries(GLOBAL_NAMES)) {
    // A file of the site's own comes first.
    if (registry.get(name) === undefined) registry.set(name, factory);
  }
}
