import type { Core } from '@strapi/strapi';
import { siteOf } from './site';
import type { CacheService } from './types';

/** `strapi.plugin('upstash').service('cache')`. */
export function cacheService({ strapi }: { strapi: Core.Strapi }): CacheService {
  const { purges } = siteOf(strapi);
  return {
    async purgeTypes(...uids) {
      await purges.request((batch) => uids.forEach((uid) => batch.types.add(uid)));
    },
    async purgeTags(...tags) {
      await purges.request((batch) => tags.forEach((tag) => batch.tags.add(tag)));
    },
    async purgePattern(pattern) {
      await purges.request((batch) => batch.patterns.add(pattern));
    },
    async purgeAll() {
      await purges.request((batch) => (batch.everything = true));
    },
    stats: () => siteOf(strapi).stats(),
  };
}
