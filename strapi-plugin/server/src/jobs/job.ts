import type { JobContext, JobEvent, JobEventName } from '../types';

/** A job as the engine has checked it. What was not given is null. */
export interface ResolvedJob {
  name: string;
  on: JobEventName[];
  contentTypes: string[];
  url: string;
  delayS: number | null;
  retries: number | null;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | null;
  timeoutS: number | null;
  callback: string | null;
  failureCallback: string | null;
  headers: Record<string, string>;
  /** Null where a function makes it, too. */
  body: unknown;
}

/** A job, with the function that the configuration has in its place. */
export class Job {
  readonly makesBody: boolean;

  constructor(
    readonly options: ResolvedJob,
    private readonly given: unknown,
  ) {
    this.makesBody = typeof given === 'function';
  }

  get name(): string {
    return this.options.name;
  }

  /** `'*'` means the site's own types: those of plugins and of the panel have to be named. */
  isFor(uid: string, names: JobEventName[]): boolean {
    const { contentTypes, on } = this.options;
    const isType = contentTypes.includes(uid) || (contentTypes.includes('*') && uid.startsWith('api::'));
    return isType && names.some((name) => on.includes(name));
  }

  /** What is sent unless the body is given: what happened, and nothing of the content. */
  defaultBody({ entry: _entry, ...event }: JobEvent): unknown {
    return this.options.body ?? event;
  }

  makeBody(event: JobEvent, context: JobContext): unknown {
    return (this.given as (event: JobEvent, context: JobContext) => unknown)(event, context);
  }

  /** The message, but for its body. */
  message(key: string) {
    const { url, delayS, retries, method, timeoutS, callback, failureCallback, headers } = this.options;
    return {
      url,
      deduplicationId: key,
      // A consumer that got it twice after all can tell by this, whatever the body is.
      headers: { 'Idempotency-Key': key, ...headers },
      ...(delayS === null || delayS === 0 ? {} : { delay: delayS }),
      ...(retries === null ? {} : { retries }),
      ...(method === null ? {} : { method }),
      ...(timeoutS === null ? {} : { timeout: timeoutS }),
      ...(callback === null ? {} : { callback }),
      ...(failureCallback === null ? {} : { failureCallback }),
    };
  }
}
