import type { Site } from './site';

const READS = new Set(['findOne', 'findFirst', 'findMany', 'count']);

/**
 * Makes a write through the Document Service return only when its purge is known everywhere, so that the caller's
 * next read is fresh in each process. What it purges comes from the rows it writes (database.ts).
 *
 * Registered in register(), which makes it the outermost: i18n writes other locales after the main commit, from a
 * middleware of its own. Inside an outer transaction there is nothing to wait for yet; the request waits instead
 * (settle.ts).
 */
export function watchDocuments(site: Site): void {
  const { strapi, purges } = site;
  strapi.documents.use(async (context, next) => {
    const result = await next();
    if (!READS.has(context.action) && !strapi.db.inTransaction()) await purges.settled();
    return result;
  });
}
