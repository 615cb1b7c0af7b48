import type { Core } from '@strapi/strapi';
import type { Engine } from '../../..';
import type { Changes } from './changes';
import type { Failures } from './failures';
import type { Journal } from './journal';
import type { Shelf } from './http/shelf';

/** What one transaction, or one write outside of any, makes stale. */
export class Batch {
  readonly types = new Set<string>();
  /** Writes that tell what they changed. */
  readonly changes = new Set<Changes>();
  readonly tags = new Set<string>();
  readonly patterns = new Set<string>();
  everything = false;

  add({ types = [], tags = [], patterns = [], everything = false }: Purged): void {
    for (const type of types) this.types.add(type);
    for (const tag of tags) this.tags.add(tag);
    for (const pattern of patterns) this.patterns.add(pattern);
    this.everything ||= everything;
  }

  /** Whether a type was written. */
  wrote(type: string): boolean {
    return this.everything || this.types.has(type) || [...this.changes].some((changes) => changes.written.has(type));
  }
}

/** What is purged. */
export interface Purged {
  types?: string[];
  tags?: string[];
  patterns?: string[];
  everything?: boolean;
}

/**
 * Purges, each after the commit of what caused it: a purge before would let a reader store the old row again.
 *
 * Strapi runs the callbacks of `onCommit` right after COMMIT and awaits none of them; one that throws makes the
 * caller fail though its data is committed, and one that rejects can end the process. So none of ours does either.
 */
export class Purges {
  private readonly unacknowledged = new Set<Promise<void>>();
  private readonly batches = new WeakMap<object, Batch>();
  /** Where they are noted before they are due; with Upstash only. */
  journal: Journal | undefined;
  /** Told of each purge in this process. */
  readonly watchers: ((batch: Batch) => void)[] = [];

  constructor(
    private readonly db: Core.Strapi['db'],
    private readonly engine: Engine,
    private readonly shelf: Shelf,
    private readonly failures: Failures,
    private readonly reportWarnings: () => void,
  ) {}

  /** Notes what a write is going to make stale: to be awaited before it. The rows go to `request`, after it. */
  async note(what: Purged): Promise<number[]> {
    return this.journal === undefined ? [] : this.journal.note(what);
  }

  /** Notes and purges what nobody wrote. */
  async demand(what: Purged): Promise<void> {
    const rows = await this.note(what);
    await this.request((batch) => batch.add(what), rows);
  }

  /**
   * Purges now, or at the commit of the transaction that runs. One transaction makes one purge, whatever it wrote.
   * The promise, if there is one, resolves when Upstash knows. `rows`: where it was noted.
   */
  request(add: (batch: Batch) => void, rows: number[] = []): Promise<void> | undefined {
    if (!this.db.inTransaction()) return this.now(add, rows);
    let late: Promise<void> | undefined;
    // Nested, Strapi calls this back at once and with the outer transaction.
    this.db
      .transaction(({ trx, onCommit }: { trx: Transaction; onCommit: (run: () => void) => void }) => {
        // Work nobody awaited can come here after the COMMIT; its callbacks have run and ours never would.
        if (trx.isCompleted()) {
          late = this.now(add, rows);
          return;
        }
        let batch = this.batches.get(trx);
        if (batch === undefined) {
          const collected = (batch = new Batch());
          this.batches.set(trx, batch);
          onCommit(() => {
            this.batches.delete(trx);
            void this.run(collected, this.journal?.rowsOf(trx));
          });
        }
        add(batch);
      })
      .catch((error: unknown) => {
        // Better purged early than never.
        this.failures.note('waiting for a commit', error);
        void this.now(add, rows);
      });
    return late;
  }

  /** Resolves when every purge under way is acknowledged by Upstash or past its deadline; undefined if there is none. */
  settled(): Promise<unknown> | undefined {
    return this.unacknowledged.size === 0 ? undefined : Promise.all(this.unacknowledged);
  }

  private now(add: (batch: Batch) => void, rows: number[]): Promise<void> | undefined {
    const batch = new Batch();
    add(batch);
    return this.run(batch, rows);
  }

  private run(batch: Batch, rows: number[] = []): Promise<void> | undefined {
    const waiting: Promise<void>[] = [];
    const ask = (purge: () => Promise<void> | null): void => {
      try {
        const acknowledged = purge();
        if (acknowledged !== null) waiting.push(acknowledged);
      } catch (error) {
        this.failures.note('a purge', error);
      }
    };

    if (batch.everything) {
      ask(() => this.engine.purgeAll());
    } else {
      const types = new Set(batch.types);
      for (const changes of batch.changes) {
        const { told } = changes;
        for (const type of told === undefined ? changes.written : changes.types) types.add(type);
        if (told !== undefined) ask(() => this.engine.purgeChanges(told));
      }
      if (types.size > 0) ask(() => this.engine.purgeTypes([...types]));
      if (batch.tags.size > 0) ask(() => this.engine.purgeTags([...batch.tags]));
      for (const pattern of batch.patterns) ask(() => this.engine.purgePattern(pattern));
    }
    ask(() => (this.shelf.release(), null));
    for (const watch of this.watchers) ask(() => (watch(batch), null));
    this.journal?.crossOut(rows);
    if (waiting.length === 0) return undefined;

    const settled: Promise<void> = Promise.allSettled(waiting).then(() => {
      this.unacknowledged.delete(settled);
      this.reportWarnings();
    });
    this.unacknowledged.add(settled);
    return settled;
  }
}

interface Transaction {
  isCompleted(): boolean;
}
