import { randomUUID } from 'node:crypto';
import type { Core } from '@strapi/strapi';
import type { JobEvent } from '../types';

/** The type of the rows: a table of the site's database that no API and no panel shows. */
export const JOB = 'plugin::upstash.job';

export const jobType = {
  schema: {
    kind: 'collectionType',
    collectionName: 'upstash_jobs',
    info: { singularName: 'job', pluralName: 'jobs', displayName: 'Job' },
    options: { draftAndPublish: false },
    pluginOptions: { 'content-manager': { visible: false }, 'content-type-builder': { visible: false } },
    attributes: {
      /** The deduplication id. */
      key: { type: 'string' },
      /** The name of the job in the configuration. */
      job: { type: 'string' },
      /** JSON of the event. */
      event: { type: 'text' },
      /** When it was written, in ms since the epoch. */
      noted: { type: 'biginteger' },
      /** From when on anybody may send it, in ms since the epoch; null where it was given up. */
      due: { type: 'biginteger' },
      /** How often somebody set about sending it. */
      attempts: { type: 'integer' },
      /** Who did so last. */
      holder: { type: 'string' },
      /** Why the last attempt failed. */
      error: { type: 'text' },
    },
  },
};

/** One event for one job. */
export interface Noted {
  key: string;
  job: string;
  event: JobEvent;
}

/** A row that this process may send until its lease ends. */
export interface Claimed extends Noted {
  id: number;
  /** This one included. */
  attempts: number;
  noted: number;
}

/**
 * How long a row is its holder's. Who is killed leaves it to the others after that; who takes longer is overtaken, and
 * the deduplication id makes one message of both. Longer than a batch takes (delivery.ts).
 */
export const LEASE_MS = 30_000;
/** Rows that old are done with: given up, or of a job that nobody's configuration has any more. */
const FORGOTTEN_MS = 30 * 86_400_000;
const LONGEST_REASON = 500;

interface Row {
  id: number;
  key: string;
  job: string;
  event: string;
  noted: number | string;
  attempts: number;
}

/**
 * Events that wait to become messages. Each is written in the transaction of the write that causes it, so there is one
 * exactly where the write came to pass; and it goes when QStash has taken the message.
 *
 * All processes of a site share the table. Each claims rows by moving `due` to the end of a lease, under the condition
 * that they are still due, which one statement does in any database. The query builder calls no lifecycles, joins the
 * transaction that runs, and passes nothing that watches writes.
 */
export class Outbox {
  constructor(private readonly db: Core.Strapi['db']) {}

  /** Writes events: in the transaction that runs. */
  async note(rows: Noted[]): Promise<void> {
    const now = Date.now();
    const columns = ({ key, job, event }: Noted) => ({ key, job, event: textOf(event), noted: now, due: now, attempts: 0 });
    await this.rows().insert(rows.map(columns)).execute();
  }

  /** Takes rows of these jobs that are due. */
  async claim(jobs: string[], most: number): Promise<Claimed[]> {
    const now = Date.now();
    const due = { job: { $in: jobs }, due: { $lte: now } };
    const found = await this.rows().select(['id']).where(due).orderBy([{ due: 'asc' }, { id: 'asc' }]).limit(most).execute<Row[]>();
    // A process with nothing to do only reads.
    if (found.length === 0) return [];
    const holder = randomUUID();
    const free = { id: { $in: found.map(({ id }) => id) }, due: { $lte: now } };
    await this.rows().update({ due: now + LEASE_MS, holder }).increment('attempts').where(free).execute();
    const columns = ['id', 'key', 'job', 'event', 'noted', 'attempts'];
    const claimed = await this.rows().select(columns).where({ holder }).orderBy({ id: 'asc' }).execute<Row[]>();
    return claimed.map(({ id, key, job, event, noted, attempts }) => ({ id, key, job, event: JSON.parse(event) as JobEvent, noted: Number(noted), attempts }));
  }

  /** These are done. */
  async remove(ids: number[]): Promise<void> {
    if (ids.length > 0) await this.rows().delete().where({ id: { $in: ids } }).execute();
  }

  /** These have not been tried after all. */
  async release(ids: number[]): Promise<void> {
    if (ids.length > 0) await this.rows().update({ due: Date.now() }).where({ id: { $in: ids } }).execute();
  }

  /** Until `due` nobody tries it again; null: nobody ever does. */
  async postpone(id: number, due: number | null, reason: string): Promise<void> {
    await this.rows().update({ due, error: reason.slice(0, LONGEST_REASON) }).where({ id }).execute();
  }

  /** Gives what was given up another chance; tells how many. */
  async retry(): Promise<number> {
    const { failed } = await this.count();
    const now = Date.now();
    if (failed > 0) await this.rows().update({ due: now, noted: now, attempts: 0 }).where({ due: { $null: true } }).execute();
    return failed;
  }

  async count(): Promise<{ pending: number; failed: number }> {
    const count = async (where: object): Promise<number> => {
      const row = await this.rows().count().where(where).first().execute<{ count: number | string }>();
      return Number(row.count);
    };
    return { pending: await count({ due: { $notNull: true } }), failed: await count({ due: { $null: true } }) };
  }

  /** Jobs that rows wait for. */
  async waitedFor(): Promise<string[]> {
    const rows = await this.rows().select(['job']).where({ due: { $notNull: true } }).groupBy(['job']).execute<Row[]>();
    return rows.map(({ job }) => job);
  }

  /** Removes what is too old to be of use to anybody. */
  async forget(): Promise<void> {
    const old = await this.rows().select(['id']).where({ noted: { $lt: Date.now() - FORGOTTEN_MS } }).execute<Row[]>();
    await this.remove(old.map(({ id }) => id));
  }

  private rows() {
    return this.db.queryBuilder(JOB);
  }
}

/** An entry may hold what JSON has not: then the event goes without its values. */
function textOf(event: JobEvent): string {
  try {
    return JSON.stringify(event);
  } catch {
    return JSON.stringify({ ...event, entry: {} });
  }
}
