import type { Core } from '@strapi/strapi';
import { siteOf } from './site';
import type { CacheService } from './types';

/** `strapi.plugin('upstash').service('cache')`. */
export function cacheService({ strapi }: { strapi: Core.Strapi }): CacheService {
  const { purges } = siteOf(strapi);
  return {
    async purgeTypes(...uids) {
      await purges.demand({ types: uids });
    },
    async purgeTags(...tags) {
      await purges.demand({ tags });
    },
    async purgePattern(pattern) {
      await purges.demand({ patterns: [pattern] });
    },
    async purgeAll() {
      await purges.demand({ everything: true });
    },
    stats: () => siteOf(strapi).stats(),
  };
}
