import { AsyncResource } from 'node:async_hooks';
import type { Core } from '@strapi/strapi';
import type { Engine } from '../../..';
import type { Failures } from './failures';
import type { Purged } from './purges';

/** The type of the journal's rows: a table of the site's database that no API and no panel shows. */
export const JOURNAL = 'plugin::upstash.purge';

export const journalType = {
  schema: {
    kind: 'collectionType',
    collectionName: 'upstash_purges',
    info: { singularName: 'purge', pluralName: 'purges', displayName: 'Purge' },
    options: { draftAndPublish: false },
    pluginOptions: { 'content-manager': { visible: false }, 'content-type-builder': { visible: false } },
    attributes: {
      /** JSON of what is purged. */
      what: { type: 'text' },
      /** When it was noted, in ms since the epoch. */
      noted: { type: 'biginteger' },
    },
  },
};

/** How often rows that others left are looked for, and after how long one must be a dead process's. */
const SWEEP_MS = 5_000;
const ABANDONED_MS = 15_000;
/** A row that old is done with: its purge was made, by whoever found it. */
const OLD_MS = 300_000;
/**
 * What was acknowledged is crossed out together, and not often: where two processes share an SQLite file, each write of
 * one can make a transaction of the other fail.
 */
const CROSS_OUT_MS = 5_000;

interface Row {
  id: number;
  what: string;
  noted: number | string;
}

/**
 * What will have to be purged, written into the site's own database before the write that causes it, and in its
 * transaction where there is one. A process that ends before Upstash has acknowledged leaves the row behind, and the
 * next one to look makes the purge. Where a write never came to pass this is a purge too many, and no harm.
 */
export class Journal {
  /** Rows whose purges this process has asked for. */
  private asked = new Set<number>();
  /** Rows of others whose purges this process has made. */
  private readonly made = new Set<number>();
  /** By transaction: what is noted already. */
  private readonly noted = new WeakMap<object, { what: Set<string>; rows: number[] }>();
  /** Work of our own must not run in the transaction in which it happens to be asked for. */
  private readonly outside = new AsyncResource('strapi-upstash');
  private timer: NodeJS.Timeout | undefined;
  private sweeper: NodeJS.Timeout | undefined;
  private open = false;

  constructor(
    private readonly db: Core.Strapi['db'],
    private readonly engine: Engine,
    private readonly failures: Failures,
    private readonly purge: (what: Purged) => void,
  ) {}

  /** From now on there is a table. Makes the purges that a process before this one left. */
  async begin(): Promise<void> {
    this.open = true;
    await this.sweep(0);
    this.sweeper = setInterval(() => void this.outside.runInAsyncScope(() => this.sweep(ABANDONED_MS)), SWEEP_MS);
    this.sweeper.unref();
  }

  /** Notes a purge before its cause. Never rejects: a write does not fail for lack of a note. */
  async note(what: Purged): Promise<number[]> {
    if (!this.open) return [];
    try {
      return this.db.inTransaction() ? await this.noteInTransaction(what) : [await this.insert(what)];
    } catch (error) {
      this.failures.note('noting a purge', error);
      return [];
    }
  }

  /** What was noted in a transaction. */
  rowsOf(transaction: object): number[] {
    return this.noted.get(transaction)?.rows ?? [];
  }

  /** The purges of these rows are asked for; once Upstash has acknowledged all there are, the rows go. */
  crossOut(rows: number[]): void {
    for (const row of rows) this.asked.add(row);
    if (this.asked.size === 0 || this.timer !== undefined) return;
    this.timer = this.outside.runInAsyncScope(() =>
      setTimeout(() => {
        this.timer = undefined;
        void this.settle();
      }, CROSS_OUT_MS),
    );
    this.timer.unref();
  }

  /** The end: what is acknowledged needs no note any more. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    clearInterval(this.sweeper);
    this.timer = undefined;
    if (this.open) await this.outside.runInAsyncScope(() => this.settle(false));
    this.open = false;
  }

  private async noteInTransaction(what: Purged): Promise<number[]> {
    const key = JSON.stringify(what);
    return this.db.transaction(async ({ trx }: { trx: object }) => {
      let noted = this.noted.get(trx);
      if (noted === undefined) this.noted.set(trx, (noted = { what: new Set(), rows: [] }));
      if (noted.what.has(key)) return [];
      noted.what.add(key);
      const row = await this.insert(what);
      noted.rows.push(row);
      return [row];
    });
  }

  private async insert(what: Purged): Promise<number> {
    // The query builder joins the transaction that runs, and calls no lifecycles.
    const rows = await this.db.queryBuilder(JOURNAL).insert({ what: JSON.stringify(what), noted: Date.now() }).execute<unknown[]>({ mapResults: false });
    const [row] = rows;
    return Number(typeof row === 'object' && row !== null ? (row as Row).id : row);
  }

  private async settle(again = true): Promise<void> {
    if (this.engine.purgesWaiting > 0) {
      if (again) this.crossOut([]);
      return;
    }
    const rows = [...this.asked];
    this.asked = new Set();
    await this.remove(rows).catch((error: unknown) => {
      this.failures.note('crossing out purges', error);
      for (const row of rows) this.asked.add(row);
    });
  }

  private async remove(rows: number[]): Promise<void> {
    if (rows.length === 0) return;
    await this.db.queryBuilder(JOURNAL).delete().where({ id: { $in: rows } }).execute();
  }

  /** Makes the purges of rows that are older than `age` and not this process's own. */
  private async sweep(age: number): Promise<void> {
    try {
      const now = Date.now();
      const rows = await this.db.queryBuilder(JOURNAL).select(['id', 'what', 'noted']).execute<Row[]>();
      const left = rows.filter(({ id, noted }) => now - Number(noted) >= age && !this.asked.has(id));
      for (const { id, what } of left) {
        if (this.made.has(id)) continue;
        this.made.add(id);
        this.purge(JSON.parse(what) as Purged);
      }
      const old = left.filter(({ noted }) => now - Number(noted) >= OLD_MS).map(({ id }) => id);
      // Not before Upstash knows.
      if (this.engine.purgesWaiting === 0) {
        await this.remove(old);
        for (const id of old) this.made.delete(id);
      }
    } catch (error) {
      this.failures.note('looking for purges that were left', error);
    }
  }
}
