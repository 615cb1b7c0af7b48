import type { Core } from '@strapi/strapi';
import { Engine } from '../../..';
import { readable, resolveOptions } from './config';
import { Failures } from './failures';
import { Flights } from './http/flights';
import type { Holding } from './http/holding';
import type { CachingOptions } from './http/rule';
import { Shelf } from './http/shelf';
import { Jobs } from './jobs';
import { Outbox } from './jobs/outbox';
import { Credentials } from './limiter/credentials';
import { Routes } from './limiter/routes';
import type { Rule } from './limiter/rule';
import { Journal } from './journal';
import { Models } from './models';
import { type Purged, Purges } from './purges';
import { Revalidation } from './revalidate';
import { Rows } from './rows';
import { schemaOf } from './schema';
import type { CacheStats, RateLimitOptions, ResolvedConfig, UserConfig } from './types';

/** Everything one Strapi has of this plugin. A process may run several. */
export class Site implements Holding {
  readonly options: ResolvedConfig;
  readonly caching: CachingOptions;
  readonly engine: Engine;
  readonly shelf: Shelf;
  readonly purges: Purges;
  readonly failures: Failures;
  /** Where a front end is to be told of changes. */
  readonly revalidation: Revalidation | undefined;
  readonly flights = new Flights();
  /** The content API's prefix, without a trailing slash. */
  readonly apiPrefix: string;
  private readonly foldedPrefix: string;
  /** The limiter's options as they were given, with their functions. */
  readonly limitOptions: RateLimitOptions;
  readonly credentials: Credentials;
  readonly routes: Routes;
  readonly outbox: Outbox;
  /** Where there are jobs. */
  readonly jobs: Jobs | undefined;
  /** How long, in ms, requests have waited for Upstash in a limiter: what is left of their deadline is the cache's. */
  readonly waited = new WeakMap<object, number>();
  /** Known from bootstrap() on. */
  models: Models | undefined;
  private reader: Rows | undefined;
  /** Limiting middlewares made so far. */
  limiters = 0;
  /** Their rules, as far as a request has come to them. */
  readonly rules = new Set<Rule>();
  /** Of the rules with a name, what they are. */
  readonly namedRules = new Map<string, string>();

  /** `resolved`: what `resolveOptions` returned. */
  constructor(
    readonly strapi: Core.Strapi,
    readonly resolved: string,
    given: UserConfig,
  ) {
    this.options = JSON.parse(resolved) as ResolvedConfig;
    this.caching = this.options.cache;
    // No socket, timer or thread of the engine keeps a process alive: a CLI command ends and `strapi develop`
    // leaves no worker behind.
    this.engine = new Engine(resolved);
    this.failures = new Failures(strapi.log);
    this.shelf = new Shelf(this.engine);
    this.purges = new Purges(strapi.db, this.engine, this.shelf, this.failures, () => this.reportWarnings());
    this.apiPrefix = strapi.config.get<string>('api.rest.prefix', '/api').replace(/\/+$/, '');
    this.foldedPrefix = this.apiPrefix.toLowerCase();
    this.limitOptions = given.rateLimit ?? {};
    this.credentials = new Credentials(strapi, this.failures);
    this.routes = new Routes(strapi, this.apiPrefix);
    if (this.engine.store === 'upstash') {
      const purge = (what: Purged): void => void this.purges.request((batch) => batch.add(what));
      this.purges.journal = new Journal(strapi.db, this.engine, this.failures, purge);
    }
    this.outbox = new Outbox(strapi.db);
    const { jobs, qstash } = this.options;
    if (qstash.enabled && jobs.length > 0) this.jobs = new Jobs(strapi, this.outbox, this.options, given, this.failures);
    this.purges.watchers.push((batch) => this.credentials.changed(batch));
    const { revalidate } = this.options;
    if (revalidate !== null) {
      const revalidation = new Revalidation(revalidate, this.engine, this.purges, this.failures);
      this.revalidation = revalidation;
      this.purges.watchers.push((batch) => revalidation.tell(batch));
    }
  }

  get rows(): Rows {
    if (this.reader === undefined) throw new Error('strapi-upstash reads the database before bootstrap()');
    return this.reader;
  }

  /**
   * Learns the types, and tries what will be asked of the database about each: where that fails (an unusual one), writes
   * are told by type.
   */
  async learnTypes(): Promise<void> {
    const models = new Models(this.strapi);
    this.reader = new Rows(this.strapi, models);
    for (const uid of models.preciseTypes) {
      await this.reader.rehearse(uid).catch((error: unknown) => {
        this.failures.note(`reading the tables of ${uid}`, error);
        models.giveUp(uid);
      });
    }
    this.models = models;
    this.engine.setSchema(schemaOf(this.strapi, models, this.apiPrefix));
  }

  /** Whether the router may find a content API route there. It ignores case and decodes nothing, and so do we. */
  isApi(path: string): boolean {
    const { length } = this.apiPrefix;
    if (path.length > length && path[length] !== '/') return false;
    return path.slice(0, length).toLowerCase() === this.foldedPrefix;
  }

  /** Hands the engine's warnings to the log. It makes at most one of a kind in half a minute. */
  reportWarnings(): void {
    for (let warning = this.engine.takeWarning(); warning !== null; warning = this.engine.takeWarning()) {
      this.strapi.log.warn(`[upstash] ${warning}`);
    }
  }

  /** Gives back the tokens that limiters took for all processes and this one did not spend. */
  async releaseLimits(): Promise<void> {
    await Promise.all([...this.rules].map((rule) => rule.close()));
  }

  /** From now on each request runs alone. */
  close(): void {
    this.engine.close();
    this.shelf.release();
  }

  stats(): CacheStats {
    const counted = JSON.parse(this.engine.stats()) as Omit<CacheStats, keyof ReturnType<Site['limitStats']> | 'failures'>;
    return { ...counted, ...this.limitStats(), failures: this.failures.count };
  }

  private limitStats() {
    const sum = (count: (rule: Rule) => number): number => [...this.rules].reduce((all, rule) => all + count(rule), 0);
    return {
      limited: sum((rule) => rule.refused),
      limitedInDryRun: sum((rule) => rule.spared),
      limitUndecided: sum((rule) => rule.undecided),
    };
  }
}

const sites = new WeakMap<Core.Strapi, Site>();

/** Makes the site of a Strapi; once, in register(). */
export function openSite(strapi: Core.Strapi): Site {
  const given = strapi.config.get<UserConfig>('plugin::upstash', {});
  const site = new Site(strapi, resolveOptions(given), given);
  strapi.config.set('plugin::upstash', readable(site.options, given));
  sites.set(strapi, site);
  return site;
}

export function siteOf(strapi: Core.Strapi): Site {
  const site = sites.get(strapi);
  if (site === undefined) throw new Error('strapi-upstash is used before its register() has run');
  return site;
}
