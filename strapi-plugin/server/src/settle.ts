import type { Core } from '@strapi/strapi';
import type { Site } from './site';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Holds back the answer to a write until its purges are acknowledged: publishing from the content manager commits in
 * a transaction of its own, where nobody awaits what happens after COMMIT. Each acknowledgement is bounded by the
 * deadline. It may wait for the purge of another request as well: that is cheaper than telling them apart.
 */
export function settleWrites(site: Site): Core.MiddlewareHandler {
  return async (ctx, next) => {
    try {
      await next();
    } finally {
      if (!SAFE.has(ctx.method)) await site.purges.settled();
    }
  };
}
