import type { Core } from '@strapi/strapi';
import { Engine } from '../../..';
import { readable, resolveOptions } from './config';
import { Failures } from './failures';
import { Flights } from './flights';
import { Purges } from './purges';
import { Shelf } from './shelf';
import type { CacheStats, ResolvedConfig } from './types';

/** Everything one Strapi has of this plugin. A process may run several. */
export class Site {
  readonly options: ResolvedConfig;
  readonly engine: Engine;
  readonly shelf: Shelf;
  readonly purges: Purges;
  readonly failures: Failures;
  readonly flights = new Flights();
  /** The content API's prefix, without a trailing slash. */
  readonly apiPrefix: string;
  private readonly foldedPrefix: string;
  /** How long, in ms, requests have waited for Upstash in a limiter: what is left of their deadline is the cache's. */
  readonly waited = new WeakMap<object, number>();
  /** Limiters made so far. */
  limiters = 0;
  /** Requests the limiters turned away. */
  limited = 0;

  /** `resolved`: what `resolveOptions` returned. */
  constructor(
    readonly strapi: Core.Strapi,
    readonly resolved: string,
  ) {
    this.options = JSON.parse(resolved) as ResolvedConfig;
    // No socket, timer or thread of the engine keeps a process alive: a CLI command ends and `strapi develop`
    // leaves no worker behind.
    this.engine = new Engine(resolved);
    this.failures = new Failures(strapi.log);
    this.shelf = new Shelf(this.engine);
    this.purges = new Purges(strapi.db, this.engine, this.shelf, this.failures, () => this.reportWarnings());
    this.apiPrefix = strapi.config.get<string>('api.rest.prefix', '/api').replace(/\/+$/, '');
    this.foldedPrefix = this.apiPrefix.toLowerCase();
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

  /** From now on each request runs alone. */
  close(): void {
    this.engine.close();
    this.shelf.release();
  }

  stats(): CacheStats {
    const counted = JSON.parse(this.engine.stats()) as Omit<CacheStats, 'limited' | 'failures'>;
    return { ...counted, limited: this.limited, failures: this.failures.count };
  }
}

const sites = new WeakMap<Core.Strapi, Site>();

/** Makes the site of a Strapi; once, in register(). */
export function openSite(strapi: Core.Strapi): Site {
  const site = new Site(strapi, resolveOptions(strapi.config.get('plugin::upstash', {})));
  strapi.config.set('plugin::upstash', readable(site.options));
  sites.set(strapi, site);
  return site;
}

export function siteOf(strapi: Core.Strapi): Site {
  const site = sites.get(strapi);
  if (site === undefined) throw new Error('strapi-upstash is used before its register() has run');
  return site;
}
