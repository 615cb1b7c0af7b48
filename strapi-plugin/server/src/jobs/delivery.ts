import { AsyncResource } from 'node:async_hooks';
import type { Core } from '@strapi/strapi';
import type { QStash } from '../../../..';
import type { Failures } from '../failures';
import type { Job } from './job';
import type { Claimed, Outbox } from './outbox';

/** How often rows are looked for that others left, or that an attempt has put off. */
const SWEEP_MS = 5_000;
const TIDY_MS = 3_600_000;
/** Rows of one claim, and how many are sent at once. */
const BATCH = 10;
const AT_ONCE = 5;
/** The longest a function may take to make a body, and QStash to take a message. A batch then ends within its lease. */
const BODY_MS = 5_000;
export const SEND_MS = 8_000;
/** While QStash does not answer: the pause after the first failure, doubled by each, and the longest. */
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** How often a message is offered that QStash has refused: what it names may be about to be made. */
const REFUSALS = 5;
/** A message older than that is given up while QStash is away. */
const GIVEN_UP_MS = 3 * 86_400_000;
/** How long the end waits for what is being sent. */
const CLOSE_MS = 2_000;

/** What became of an attempt. `away`: QStash is not to be had, for any message. */
type Outcome = 'sent' | 'skipped' | 'away' | 'refused' | 'impossible';

/**
 * Sends what is in the outbox, in the background. Nothing here is awaited by a write, throws, keeps a process alive or
 * runs in anybody's transaction.
 */
export class Delivery {
  sent = 0;
  private readonly jobs: Map<string, Job>;
  private readonly outside = new AsyncResource('strapi-upstash');
  private sweeper: NodeJS.Timeout | undefined;
  private resumer: NodeJS.Timeout | undefined;
  private tidyAt = 0;
  private running: Promise<void> | undefined;
  private again = false;
  private open = false;
  /** In a row. */
  private failed = 0;
  private pausedUntil = 0;

  constructor(
    private readonly strapi: Core.Strapi,
    private readonly outbox: Outbox,
    private readonly qstash: Pick<QStash, 'publishJSON'>,
    private readonly failures: Failures,
    jobs: Job[],
  ) {
    this.jobs = new Map(jobs.map((job) => [job.name, job]));
  }

  /** From now on there is a table. A command of Strapi's CLI has ended before the first look. */
  begin(): void {
    this.open = true;
    this.sweeper = this.outside.runInAsyncScope(() => setInterval(() => this.sweep(), SWEEP_MS));
    this.sweeper.unref();
  }

  /** There is something to send. Called at commits: returns at once, and never throws. */
  wake(): void {
    if (!this.open) return;
    this.again = true;
    this.running ??= this.outside
      .runInAsyncScope(() => this.drain())
      .catch((error: unknown) => {
        this.again = false;
        this.failures.note('looking for jobs to send', error, 'is tried again');
      })
      .finally(() => {
        this.running = undefined;
        // Somebody may have called just when the last look had been.
        if (this.again && Date.now() >= this.pausedUntil) this.wake();
      });
  }

  /** The end: what is being sent may end, the rest is left to others. */
  async close(): Promise<void> {
    this.open = false;
    clearInterval(this.sweeper);
    clearTimeout(this.resumer);
    if (this.running === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.running, new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_MS)))]);
    clearTimeout(timer);
  }

  private async drain(): Promise<void> {
    // The commit's callbacks, and the answer to the editor, come first.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.open && this.again && Date.now() >= this.pausedUntil) {
      this.again = false;
      const rows = await this.outbox.claim([...this.jobs.keys()], BATCH);
      if (rows.length === 0) continue;
      this.again = true;
      await this.deliver(rows);
    }
  }

  private async deliver(rows: Claimed[]): Promise<void> {
    const waiting = [...rows];
    const done: number[] = [];
    let away = false;
    const work = async (): Promise<void> => {
      for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
        const [outcome, reason] = await this.attempt(row);
        if (outcome === 'sent' || outcome === 'skipped') {
          done.push(row.id);
          if (outcome === 'sent') this.sent += 1;
          continue;
        }
        away ||= outcome === 'away';
        await this.putOff(row, outcome, reason);
        // What is left would fare the same.
        if (away || !this.open) break;
      }
    };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    } finally {
      this.pace(away);
      // Where this fails they are sent once more when the lease ends, with the same deduplication id.
      await this.outbox.remove(done);
      await this.outbox.release(waiting.map(({ id }) => id));
    }
  }

  private async attempt(row: Claimed): Promise<[Outcome, string]> {
    const job = this.jobs.get(row.job);
    if (job === undefined) return ['refused', 'there is no such job'];
    try {
      const body = await this.bodyOf(job, row);
      if (body === null) return ['skipped', ''];
      await this.qstash.publishJSON({ ...job.message(row.key), body });
      return ['sent', ''];
    } catch (error) {
      return [outcomeOf(error), error instanceof Error ? error.message : String(error)];
    }
  }

  /** What the function makes; where it throws, takes too long or makes what has no JSON, the default body. */
  private async bodyOf(job: Job, { event }: Claimed): Promise<unknown> {
    if (!job.makesBody) return job.defaultBody(event);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`it took longer than ${BODY_MS} ms`)), BODY_MS);
    });
    try {
      const body = await Promise.race([(async () => job.makeBody(event, { strapi: this.strapi }))(), late]);
      if (body === null) return null;
      // Of undefined and of functions there is none.
      return JSON.stringify(body) === undefined ? job.defaultBody(event) : body;
    } catch (error) {
      this.failures.note(`making the body of the job ${job.name}`, error, 'the default is sent');
      return job.defaultBody(event);
    } finally {
      clearTimeout(timer);
    }
  }

  private async putOff({ id, job, attempts, noted }: Claimed, outcome: Outcome, reason: string): Promise<void> {
    const isLost = outcome === 'impossible' || (outcome === 'refused' && attempts >= REFUSALS) || Date.now() - noted > GIVEN_UP_MS;
    if (!isLost) this.failures.note(`sending the job ${job}`, reason, 'is tried again');
    else this.strapi.log.error(`[upstash] the job ${job} was given up, and its row ${id} is kept for 30 days: ${reason}`);
    // Later than what is released untried, which therefore comes first next time.
    await this.outbox.postpone(id, isLost ? null : Date.now() + pause(attempts), reason);
  }

  /** Each answer that is one ends the pauses. */
  private pace(away: boolean): void {
    this.failed = away ? this.failed + 1 : 0;
    this.pausedUntil = 0;
    if (!away) return;
    const ms = pause(this.failed);
    this.pausedUntil = Date.now() + ms;
    clearTimeout(this.resumer);
    if (!this.open) return;
    this.resumer = setTimeout(() => this.wake(), ms + 1);
    this.resumer.unref();
  }

  private sweep(): void {
    this.wake();
    if (Date.now() < this.tidyAt) return;
    this.tidyAt = Date.now() + TIDY_MS;
    void this.tidy();
  }

  private async tidy(): Promise<void> {
    try {
      await this.outbox.forget();
      const unknown = (await this.outbox.waitedFor()).filter((name) => !this.jobs.has(name));
      if (unknown.length > 0) this.failures.say('jobs unknown', `jobs wait that this configuration does not have: ${unknown.join(', ')}`);
    } catch (error) {
      this.failures.note('looking for jobs that were left', error);
    }
  }
}

/** With a share that chance takes off, so that processes do not all come at once. */
function pause(failures: number): number {
  const longest = Math.min(PAUSE_MS * 2 ** Math.min(failures - 1, 16), LONGEST_PAUSE_MS);
  return Math.round(longest * (1 - Math.random() / 4));
}

/** Who waits may succeed, but for a message that QStash will not have or that can't be one. */
function outcomeOf(error: unknown): Outcome {
  const { code, status } = (error ?? {}) as { code?: string; status?: number };
  if (code === 'E_QSTASH_CALL') return 'impossible';
  if (code !== 'E_QSTASH' || status === undefined || status >= 500) return 'away';
  // A token may be put right, and a plan may have more tomorrow.
  return [401, 402, 403, 408, 425, 429].includes(status) ? 'away' : 'refused';
}
