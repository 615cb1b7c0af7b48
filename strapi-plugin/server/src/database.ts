import { AsyncLocalStorage } from 'node:async_hooks';
import { Changes, type Mark } from './changes';
import { typesWritten } from './core-store';
import { fills } from './fill';
import { JOB } from './jobs/outbox';
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
  JOB,
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
      let result: unknown;
      try {
        result = await original.call(this, uid, params);
        return result;
      } finally {
        // Afterwards: a lifecycle hook may have added to the query.
        fill.read(site, uid, name, params, result);
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
      // The outbox writes past the entity manager: this is an import, of another site's rows, which that site sends.
      if (uid === JOB && name === 'create') return original.call(this, uid, asGivenUp(params));
      const silent = PRIVATE_TYPES.has(uid) || isTokenUse(uid, name, params);
      if (silent) return original.call(this, uid, params);
      // A transfer makes thousands of writes and purges everything at its end.
      const rows = await site.purges.note(transferring ? { everything: true } : { types: typesWritten(uid, undefined) });
      const changes = transferring ? undefined : changesOf(uid);
      const watched = changes === undefined ? undefined : watch(changes, uid, name, (params ?? {}) as object);
      await watched?.begin();
      let result: unknown;
      let ended = false;
      try {
        result = await original.call(this, uid, params);
        ended = true;
        return result;
      } finally {
        await watched?.end(ended, result);
        const wrote = transferring;
        transferWrote ||= wrote;
        const purged = site.purges.request((batch) => {
          // A transfer's transaction holds raw SQL as well.
          batch.everything ||= wrote && strapi.db.inTransaction();
          if (changes !== undefined) batch.changes.add(changes);
          else for (const type of typesWritten(uid, result)) batch.types.add(type);
        }, rows);
        // Who reads after this write finds it everywhere. A transfer makes thousands of writes and purges at its end.
        if (!wrote) await purged;
      }
    });
  }

  /** What the transaction that runs has changed so far. */
  const running = new AsyncLocalStorage<Changes>();

  /** Where a write is to tell what it changes; undefined where its type is all that counts. */
  function changesOf(uid: string): Changes | undefined {
    const { models } = site;
    // A front end is told what changed, whatever is held here.
    const isOfNoMatter = site.engine.holdsNothing && site.revalidation === undefined;
    if (models === undefined || !models.isPrecise(uid) || isOfNoMatter) return undefined;
    return strapi.db.inTransaction() ? running.getStore() : new Changes(models, site.rows, true);
  }

  /** Whatever goes wrong here is no error of the write: its type then counts as changed as a whole. */
  function watch(changes: Changes, uid: string, method: string, params: object) {
    const lone = !strapi.db.inTransaction();
    let mark: Mark | undefined;
    const attempt = async (what: () => Promise<void>): Promise<void> => {
      try {
        await what();
      } catch (error) {
        site.failures.note('finding out what a write changes', error);
        changes.whole(uid);
      }
    };
    return {
      begin: () => attempt(async () => void (mark = await changes.before(uid, method, params))),
      async end(ended: boolean, result: unknown): Promise<void> {
        if (ended) await attempt(() => changes.after(uid, method, mark, result));
        else changes.whole(uid);
        if (lone) await attempt(() => changes.end());
      },
    };
  }

  const { db } = strapi;
  const transaction = db.transaction.bind(db) as Transact;
  (db as { transaction: Transact }).transaction = (work) => {
    const { models } = site;
    if (work === undefined || models === undefined || db.inTransaction()) return transaction(work);
    const changes = new Changes(models, site.rows, false);
    let ended = false;
    const end = async (): Promise<void> => {
      if (ended || changes.written.size === 0) return;
      ended = true;
      await changes.end().catch((error: unknown) => site.failures.note('finding out what a transaction changes', error));
    };
    return transaction((given) =>
      running.run(changes, async () => {
        const { commit } = given;
        const result = await work({
          ...given,
          commit: async () => {
            await end();
            await commit();
          },
        });
        await end();
        return result;
      }),
    );
  };
}

interface Transaction {
  commit(): Promise<void>;
}

type Transact = (work?: (given: Transaction) => Promise<unknown>) => Promise<unknown>;

function asGivenUp(params: unknown): unknown {
  const { data } = params as { data: object };
  return { ...(params as object), data: { ...data, due: null, error: 'came with an import' } };
}

/** Strapi notes the hour an API token was last used: that changes nothing it may do. */
function isTokenUse(uid: string, method: string, params: unknown): boolean {
  if (uid !== 'admin::api-token' || method !== 'update') return false;
  const data = (params as { data?: unknown } | undefined)?.data;
  if (typeof data !== 'object' || data === null) return false;
  return Object.keys(data).every((name) => name === 'lastUsedAt' || name === 'updatedAt');
}
