import type { Core } from '@strapi/strapi';
import { QStash } from '../../..';
import { configError } from './config';
import type { Failures } from './failures';
import { Delivery, SEND_MS } from './jobs/delivery';
import { type Described, type DocumentCall, eventsOf, mayBe } from './jobs/events';
import { Job } from './jobs/job';
import { type Noted, Outbox } from './jobs/outbox';
import type { Site } from './site';
import type { JobsService, ResolvedConfig, UserConfig } from './types';

/** Events of content that become messages of QStash. */
export class Jobs {
  private readonly list: Job[];
  private readonly delivery: Delivery;

  constructor(
    private readonly strapi: Core.Strapi,
    private readonly outbox: Outbox,
    { jobs, qstash }: Pick<ResolvedConfig, 'jobs' | 'qstash'>,
    given: UserConfig,
    failures: Failures,
  ) {
    this.list = jobs.map((job, index) => new Job(job, given.jobs?.[index]?.body));
    const { token, baseUrl } = qstash;
    // The outbox tries again, and for longer than any call.
    const client = new QStash({ token: token ?? '', baseUrl, retry: false, timeout: SEND_MS });
    this.delivery = new Delivery(strapi, outbox, client, failures, this.list);
  }

  get sent(): number {
    return this.delivery.sent;
  }

  /** Whether a call may be an event of some job. */
  concern(call: DocumentCall): boolean {
    const names = mayBe(call);
    return names.length > 0 && this.list.some((job) => job.isFor(call.uid, names));
  }

  /** Notes what a call was, in the transaction that runs; whether there was anything. */
  async note(call: DocumentCall, type: Described, result: unknown): Promise<boolean> {
    const rows: Noted[] = [];
    for (const event of eventsOf(call, type, result)) {
      for (const job of this.list) {
        if (!job.isFor(event.contentType, [event.on])) continue;
        // Only functions are told more than the default body tells.
        const { entry: _entry, ...rest } = event;
        rows.push({ key: `${event.id}-${job.name}`, job: job.name, event: job.makesBody ? event : { ...rest, entry: {} } });
      }
    }
    if (rows.length > 0) await this.outbox.note(rows);
    return rows.length > 0;
  }

  wake(): void {
    this.delivery.wake();
  }

  /** Jobs of types that are not there, or of events these never have, would wait for ever. Throws `E_CONFIG`. */
  check(): void {
    for (const [index, { options }] of this.list.entries()) {
      for (const uid of options.contentTypes) {
        if (uid === '*') continue;
        const type = this.strapi.contentTypes[uid as keyof Core.Strapi['contentTypes']] as Described | undefined;
        if (type === undefined) throw configError(`jobs[${index}].contentType: found '${uid}'; expected a content type of this site`);
        const isDraftable = type.options?.draftAndPublish === true;
        const happens = options.on.some((name) => isDraftable || !name.endsWith('publish'));
        if (!happens) throw configError(`jobs[${index}].on: found '${options.on.join("', '")}' of ${uid}, which has no draft & publish; expected 'create', 'update' or 'delete'`);
      }
    }
  }

  begin(): void {
    this.check();
    this.delivery.begin();
  }

  async close(): Promise<void> {
    await this.delivery.close();
  }
}

/**
 * Notes events in the transaction of the write: around the call, as `next()` on its own resolves after a commit. What the
 * middlewares of others do after theirs is in it as well, i18n's copies to other locales for one. Where there is no job for
 * a call nothing is added to it.
 */
export function watchJobs({ strapi, jobs }: Site): void {
  if (jobs === undefined) return;
  strapi.documents.use(async (context, next) => {
    const call: DocumentCall = { uid: context.uid, action: context.action, params: context.params };
    if (!jobs.concern(call)) return next();
    const work = async ({ onCommit }: { onCommit: (run: () => void) => void }): Promise<unknown> => {
      const result = await next();
      if (await jobs.note(call, context.contentType as Described, result)) onCommit(() => jobs.wake());
      return result;
    };
    const written: unknown = await strapi.db.transaction(work);
    return written as Awaited<ReturnType<typeof next>>;
  });
}

/** `strapi.plugin('upstash').service('jobs')`. */
export function jobsService(site: () => Site): JobsService {
  return {
    async stats() {
      const { outbox, jobs } = site();
      return { ...(await outbox.count()), sent: jobs?.sent ?? 0 };
    },
    async retry() {
      const { outbox, jobs } = site();
      const count = await outbox.retry();
      jobs?.wake();
      return count;
    },
  };
}
