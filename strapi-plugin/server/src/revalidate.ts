import { AsyncResource } from 'node:async_hooks';
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../..';
import type { Failures } from './failures';
import type { Batch, Purges } from './purges';
import type { RevalidateOptions } from './types';

/** The pauses before a request is sent again, in ms. After the last one what was to be told is given up. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
/** So long, in ms, an event waits for the purge on Upstash that it tells of: a page made before that would be the old one. */
const PURGE_MS = 30_000;
const LOOK_MS = 100;
/** More names than that are told by their types. */
const MAX_TAGS = 500;
/** What is left of the time at the end, in ms. */
const CLOSE_MS = 2_000;
/** Checked by `verifyRevalidation` (next/revalidation.js). */
const SIGNATURE = 'x-strapi-upstash-signature';
const TYPED = /^[tlw]:((?:api|plugin)::.+)$/;

/** What changed, until it is told. */
interface Told {
  tags: Set<string>;
  everything: boolean;
}

/**
 * Tells a front end of changes of published content, after their commit: one request at a time, signed, and again when it
 * does not get through. What changes meanwhile goes along with the next. No write waits for it, or fails by it.
 */
export class Revalidation {
  private waiting: Told | undefined;
  private running: Promise<void> | undefined;
  private readonly closing = new AbortController();
  /** Work of our own must not run in the transaction in which it happens to be asked for. */
  private readonly outside = new AsyncResource('strapi-upstash');

  constructor(
    private readonly options: RevalidateOptions,
    private readonly engine: Engine,
    private readonly purges: Purges,
    private readonly failures: Failures,
  ) {}

  /** A purge was made in this process. */
  tell(batch: Batch): void {
    const types = new Set(batch.types);
    const changes: string[] = [];
    for (const each of batch.changes) {
      const { told } = each;
      for (const type of told === undefined ? each.written : each.types) types.add(type);
      if (told !== undefined) changes.push(told);
    }
    const tags = [...this.engine.publicTags([...types], changes), ...batch.tags];
    if (tags.length === 0 && !batch.everything) return;
    this.add({ tags: new Set(tags), everything: batch.everything });
    this.running ??= this.outside.runInAsyncScope(() => this.run());
  }

  /** The end: what is not told yet is tried once more. */
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.race([this.running, sleep(CLOSE_MS, undefined, { ref: false })]);
  }

  private add({ tags, everything }: Told): void {
    this.waiting ??= { tags: new Set(), everything: false };
    for (const tag of tags) this.waiting.tags.add(tag);
    this.waiting.everything ||= everything;
  }

  private async run(): Promise<void> {
    // Purges of the batch that is told of are asked for by then.
    await Promise.resolve();
    for (let failures = 0; this.waiting !== undefined; ) {
      await this.purged();
      const told = this.waiting;
      this.waiting = undefined;
      try {
        await this.send(told);
        failures = 0;
      } catch (error) {
        const pause = this.closing.signal.aborted ? undefined : PAUSES_MS[failures];
        failures += 1;
        if (pause === undefined) {
          this.failures.note('telling the front end of a change', reasonOf(error));
          failures = 0;
          continue;
        }
        this.add(told);
        await this.pause(pause);
      }
    }
    this.running = undefined;
  }

  private async purged(): Promise<void> {
    const until = Date.now() + PURGE_MS;
    await this.purges.settled();
    while (this.engine.purgesWaiting > 0 && Date.now() < until && !this.closing.signal.aborted) await this.pause(LOOK_MS);
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { ref: false, signal: this.closing.signal }).catch(() => undefined);
  }

  private async send({ tags, everything }: Told): Promise<void> {
    const { url, secret, timeoutMs } = this.options;
    const types = new Set([...tags].map((tag) => TYPED.exec(tag)?.[1]).filter((type) => type !== undefined));
    const isMuch = tags.size > MAX_TAGS;
    const body = JSON.stringify({
      types: [...types],
      tags: isMuch ? [...types].map((type) => `t:${type}`) : [...tags],
      // Names that were given by hand could be among them.
      everything: everything || (isMuch && [...tags].some((tag) => !/^[tlwdfrs]:/.test(tag))),
    });
    const time = Math.floor(Date.now() / 1000);
    const signature = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [SIGNATURE]: `t=${time},v1=${signature}` },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`it answered ${response.status}`);
  }
}

/** What fetch says lies a level deeper. */
function reasonOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}
