import { AsyncLocalStorage } from 'node:async_hooks';
import { typesRead } from './core-store';
import { Fill } from './http/fill';
import { foundBy } from './results';
import type { Site } from './site';

/** A run of a controller whose reads through Strapi are noted. */
export class WatchedFill extends Fill {
  /** Reads as JSON for the engine, with their types; a Map, since the same query often runs twice. */
  private readonly seen = new Map<string, string>();

  /**
   * Types that count whatever is said: by them it was decided who may have the answer. None where it is everybody's.
   */
  decisive: ReadonlySet<string> = new Set();

  override get reads(): string[] {
    if (this.isOwned && !this.rule.invalidate) return this.readsOf(this.decisive);
    const counts = (type: string): boolean => this.decisive.has(type) || !this.isUntagged(type);
    return [...this.seen].filter(([, type]) => counts(type)).map(([read]) => read);
  }

  override get isOwned(): boolean {
    return this.decisive.size > 0;
  }

  /** Those of these types alone. */
  readsOf(types: ReadonlySet<string>): string[] {
    return [...this.seen].filter(([, type]) => types.has(type)).map(([read]) => read);
  }

  /** Notes a read of the database layer, and what it gave. */
  read(site: Site, uid: string, method: string, params: unknown, result: unknown): void {
    try {
      const json = dependencyJson(params, site.strapi.db.metadata.get(uid));
      const { models } = site;
      const found = models === undefined ? 'null' : JSON.stringify(foundBy(models, uid, method, params, result));
      for (const type of typesRead(uid, params)) this.seen.set(`[${JSON.stringify(type)},${json},${found}]`, type);
    } catch {
      this.bypass('unknown-dependencies');
    }
  }
}

/** The fill in whose course something runs. */
export const fills = new AsyncLocalStorage<WatchedFill>();

/** The parameters that decide which types a query touches. Throws on one that JSON can't tell. */
function dependencyJson(params: unknown, meta: unknown): string {
  const { where, filters, orderBy, populate } = (params ?? {}) as Record<string, unknown>;
  // The Document Service filters by status with a function of the model. One that wants more throws here.
  const conditions: unknown = typeof filters === 'function' ? filters({ meta }) : filters;

  return JSON.stringify({ where, filters: conditions, orderBy, populate }, (_name, value: unknown) => {
    // The query builder hands that function down to what is populated, whose type counts anyway.
    if (value === filters && typeof value === 'function') return undefined;
    if (typeof value === 'bigint') return String(value);
    if (!isPlain(value)) throw new TypeError('not plain data in a query');
    return value;
  });
}

/** A sub-query built with knex, for one, reads tables that its JSON doesn't name. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return typeof value !== 'function';
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
