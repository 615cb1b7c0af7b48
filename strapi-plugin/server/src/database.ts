import type { Core } from '@strapi/strapi';
import { typesWritten } from './core-store';
import { fills } from './fill';
import { JOURNAL } from './journal';
import type { Site } from './site';

type Method = (this: unknown, uid: string, params?: unknown) => Promise<unknown>;

const READS = ['findOne', 'findMany', 'count'];
const WRITES = ['create', 'createMany', 'update', 'updateMany', 'delete', 'deleteMany'];

/**
 * Rows Strapi keeps for itself, written by log-ins, cron and each editor's click. Each purge of them would be a request
 * to Upstash, so there is none, and an answer that reads one of them is not stored (`unwatched` in schema.ts).
 */
export const PRIVATE_TYPES = new Set([
  JOURNAL,
  'admin::session',
  'admin::audit-log',
  'admin::transfer-token',
  'admin::transfer-token-permission',
  'strapi::webhook',
  'plugin::content-manager.history-version',
  'plugin::content-releases.release',
  'plugin::content-releases.release-action',
  'plugin::i18n.ai-localization-job',
  'plugin::upload.ai-metadata-job',
]);

/**
 * Watches all that goes through `strapi.db.query()`, which the Document Service uses as well: what a fill reads, and
 * what anybody writes. Media, users, roles, permissions, API tokens, components, locales and bulk operations pass
 * here though they never pass a Document Service middleware.
 *
 * The entity manager is wrapped rather than its lifecycles subscribed to, since those leave out what must not be:
 * outside a transaction a row stays written when a subscriber before ours, or the relations' step after it, throws;
 * and an import disables all lifecycles.
 *
 * Two kinds of write remain unseen. Raw SQL and `strapi.db.queryBuilder()` of the site's own code: purge by
 * `service('cache')`. And the media library's moves, which are raw SQL too: they change only `folder` and
 * `folderPath`, both private, so no public answer can tell.
 */
export function watchDatabase(site: Site): void {
  const { strapi } = site;
  const manager = strapi.db.entityManager as unknown as Record<string, Method>;
  const { lifecycles } = strapi.db;
  const wrap = (name: string, wrapper: (original: Method) => Method): void => {
    const original = manager[name];
    if (typeof original !== 'function') throw new Error(`strapi-upstash: this Strapi's database layer has no ${name}()`);
    manager[name] = wrapper(original);
  };

  for (const name of READS) {
    wrap(name, (original) => async function read(uid, params) {
      const fill = fills.getStore();
      if (fill === undefined) return original.call(this, uid, params);
      try {
        return await original.call(this, uid, params);
      } finally {
        // Afterwards: a lifecycle hook may have added to the query.
        fill.read(uid, params, strapi.db.metadata);
      }
    });
  }

  /** Lifecycles are off during an export, an import or a transfer. */
  let transferring = false;
  let transferWrote = false;
  const { enable, disable } = lifecycles;
  lifecycles.disable = () => {
    disable.call(lifecycles);
    transferring = true;
  };
  lifecycles.enable = () => {
    enable.call(lifecycles);
    transferring = false;
    // Links and files of a transfer are written as raw SQL.
    if (transferWrote) void site.purges.request((batch) => (batch.everything = true));
    transferWrote = false;
  };

  for (const name of WRITES) {
    wrap(name, (original) => async function write(uid, params) {
      const silent = PRIVATE_TYPES.has(uid) || isTokenUse(uid, name, params);
      if (silent) return original.call(this, uid, params);
      // A transfer makes thousands of writes and purges everything at its end.
      const rows = await site.purges.note(transferring ? { everything: true } : { types: typesWritten(uid, undefined) });
      // What can't be found out counts as published.
      const wasDraft = await isDraftBefore(strapi, uid, name, params).catch(() => false);
      let result: unknown;
      try {
        result = await original.call(this, uid, params);
        return result;
      } finally {
        const wrote = transferring;
        transferWrote ||= wrote;
        const purged = site.purges.request((batch) => {
          // A transfer's transaction holds raw SQL as well.
          batch.everything ||= wrote && strapi.db.inTransaction();
          if (wasDraft && isDraft(result)) batch.drafts.add(uid);
          else for (const type of typesWritten(uid, result)) batch.types.add(type);
        }, rows);
        // Who reads after this write finds it everywhere. A transfer makes thousands of writes and purges at its end.
        if (!wrote) await purged;
      }
    });
  }
}

/** By Strapi and uid: asking Strapi copies every schema. */
const draftable = new WeakMap<Core.Strapi, Map<string, boolean>>();

/** Whether a type has draft & publish. Of one without it every row is public, whatever its `publishedAt`. */
function isDraftable(strapi: Core.Strapi, uid: string): boolean {
  let known = draftable.get(strapi);
  if (known === undefined) draftable.set(strapi, (known = new Map()));
  let answer = known.get(uid);
  if (answer === undefined) {
    const type = strapi.contentTypes[uid as never] as { options?: { draftAndPublish?: boolean } } | undefined;
    answer = type?.options?.draftAndPublish === true;
    known.set(uid, answer);
  }
  return answer;
}

/** Whether a write concerns one row of a draft & publish type that nobody but editors has seen so far. */
async function isDraftBefore(strapi: Core.Strapi, uid: string, method: string, params: unknown): Promise<boolean> {
  if (!isDraftable(strapi, uid)) return false;
  if (method === 'create' || method === 'delete') return true;
  const where = (params as { where?: object } | undefined)?.where;
  if (method !== 'update' || where === undefined) return false;
  // The row that Strapi is going to update, found as it finds it.
  const row = await strapi.db.queryBuilder(uid).select(['id', 'publishedAt']).where(where).first().execute<unknown>();
  return isDraft(row);
}

/** What a row is after a write to it. One of which that can't be told counts as published. */
function isDraft(row: unknown): boolean {
  return (row as { publishedAt?: unknown } | null | undefined)?.publishedAt === null;
}

/** Strapi notes the hour an API token was last used: that changes nothing it may do. */
function isTokenUse(uid: string, method: string, params: unknown): boolean {
  if (uid !== 'admin::api-token' || method !== 'update') return false;
  const data = (params as { data?: unknown } | undefined)?.data;
  if (typeof data !== 'object' || data === null) return false;
  return Object.keys(data).every((name) => name === 'lastUsedAt' || name === 'updatedAt');
}
