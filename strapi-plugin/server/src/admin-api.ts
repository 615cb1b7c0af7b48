import type { Core } from '@strapi/strapi';
import type { Context } from 'koa';
import { jobsService } from './jobs';
import { cacheService } from './service';
import { siteOf } from './site';

/** Without such a policy Strapi lets every administrator in, whatever their role. */
const may = (action: 'read' | 'purge') => ({
  policies: ['admin::isAuthenticatedAdmin', { name: 'admin::hasPermissions', config: { actions: [`plugin::upstash.${action}`] } }],
});

/** Mounted at `/upstash`, for the admin panel. */
export const routes = {
  admin: {
    type: 'admin',
    routes: [
      { method: 'GET', path: '/status', handler: 'admin.status', config: may('read') },
      { method: 'POST', path: '/purge', handler: 'admin.purge', config: may('purge') },
    ],
  },
};

/** What a role can be allowed, in Settings. */
export async function registerActions(strapi: Core.Strapi): Promise<void> {
  const action = (uid: string, displayName: string) => ({ section: 'plugins', pluginName: 'upstash', uid, displayName });
  await strapi
    .service('admin::permission')
    .actionProvider.registerMany([action('read', 'See the state of the cache'), action('purge', 'Purge the cache')]);
}

/** The body of `POST /upstash/purge`: one of these. */
interface PurgeRequest {
  all?: unknown;
  types?: unknown;
  pattern?: unknown;
}

export function adminController({ strapi }: { strapi: Core.Strapi }) {
  return {
    async status(ctx: Context) {
      const { options, jobs: configured } = siteOf(strapi);
      const { prefix, ttlMs, cache, rateLimit } = options;
      const { enabled, rules } = rateLimit;
      const limits = rules.map(({ limit, windowMs }) => ({ limit, windowMs }));
      const jobs = { enabled: configured !== undefined, ...(await jobsService(() => siteOf(strapi)).stats()) };
      ctx.body = { data: { ...siteOf(strapi).stats(), prefix, ttlMs, cache, rateLimit: { enabled, rules: limits }, jobs } };
    },

    async purge(ctx: Context) {
      const { all, types, pattern } = (ctx.request.body ?? {}) as PurgeRequest;
      const service = cacheService({ strapi });
      if (all === true) await service.purgeAll();
      else if (isList(types)) await service.purgeTypes(...types);
      else if (typeof pattern === 'string' && pattern !== '') await service.purgePattern(pattern);
      else return ctx.badRequest('expected one of: all (true), types (a list of uids), pattern (a text such as strapi:/api/articles*)');
      ctx.body = { data: siteOf(strapi).stats() };
    },
  };
}

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}
