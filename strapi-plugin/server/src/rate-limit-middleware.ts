import type { Core } from '@strapi/strapi';
import type { Context } from 'koa';
import { workOf } from './http/background';
import { limiterOf } from './limiter';
import { siteOf } from './site';
import type { RateLimitMiddlewareConfig } from './types';

/**
 * `plugin::upstash.rate-limit`. In config/middlewares it counts what its rules are for; on a route, what comes to that
 * route, which is not what a cache in config/middlewares answers. Each route has a budget of its own per client.
 */
export const rateLimit: Core.MiddlewareFactory<RateLimitMiddlewareConfig> = (config, { strapi }) => {
  const site = siteOf(strapi);
  const limiter = limiterOf(site, config ?? {});
  if (!site.options.rateLimit.enabled) return (_ctx, next) => next();

  return (ctx, next) => {
    // A request of the cache's own asks for nobody.
    if (ctx.method === 'OPTIONS' || workOf(ctx.req) !== undefined) return next();
    // A request goes on once, whatever fails after.
    let wentOn = false;
    const goOn = (): Promise<unknown> => {
      wentOn = true;
      return next();
    };
    const failed = (error: unknown): Promise<unknown> => {
      if (wentOn) throw error;
      site.failures.note('the rate limit', error);
      return next();
    };
    try {
      const answered = limiter.apply(ctx as Context, goOn);
      return answered instanceof Promise ? answered.catch(failed) : answered;
    } catch (error) {
      return failed(error);
    }
  };
};
