import { WatchedFill, fills } from '../fill';
import type { Site } from '../site';

type Row = Record<string, unknown>;
type LoadMethod = (this: unknown, uid: string, row: Row, fields: string | string[], populate?: unknown) => Promise<unknown>;

/** A row by the document it is part of: that one itself, or a component in it. */
interface Origin {
  uid: string;
  document: Row;
  /** The attributes on the way to the document, and the component found there if that is not certain. */
  path: readonly { name: string; component: string | undefined }[];
}

/**
 * Makes known of which document something is loaded. GraphQL resolves relations, components and media one by one, by
 * `strapi.db.query(uid).load(row, field)`: that reads the row again, by its number alone, and says a limit even where there
 * is nothing to limit. Told by that, an answer would depend on every document of the types.
 */
export function watchLoads(site: Site): void {
  const manager = site.strapi.db.entityManager as unknown as { load: LoadMethod };
  const original = manager.load;
  manager.load = function load(uid, row, fields, populate) {
    const fill = fills.getStore();
    const origin = fill === undefined || site.models === undefined ? undefined : originOf(uid, row);
    if (fill === undefined || origin === undefined) return original.call(this, uid, row, fields, populate);
    return fills.run(new Load(fill, uid, row, origin), () => original.call(this, uid, row, fields, populate));
  };
}

/** Of the components that were loaded. */
const origins = new WeakMap<Row, Origin>();

function originOf(uid: string, row: Row): Origin | undefined {
  if (typeof row !== 'object' || row === null) return undefined;
  return typeof row['documentId'] === 'string' ? { uid, document: row, path: [] } : origins.get(row);
}

interface Params {
  where?: Row;
  filters?: unknown;
  populate?: Record<string, unknown>;
}

/** In the course of a load: hands all on to the fill around it, and the row's own read as one of its document. */
class Load extends WatchedFill {
  constructor(
    private readonly outer: WatchedFill,
    private readonly uid: string,
    private readonly row: Row,
    private readonly origin: Origin,
  ) {
    super(outer.rule);
  }

  override tag(...tags: string[]): void {
    this.outer.tag(...tags);
  }

  override untag(...names: string[]): void {
    this.outer.untag(...names);
  }

  override bypass(reason?: string): void {
    this.outer.bypass(reason);
  }

  override read(site: Site, uid: string, method: string, params: unknown, result: unknown): void {
    const { where = {}, populate, filters } = (params ?? {}) as Params;
    const isOwn = uid === this.uid && method === 'findOne' && where['id'] === this.row['id'];
    // A lifecycle hook may have asked for more.
    const isPlain = Object.keys(where).length === 1 && populate !== undefined && filters === undefined;
    if (!isOwn || !isPlain) return this.outer.read(site, uid, method, params, result);

    const found = result as Row | null;
    let shown: Row = {};
    for (const [name, value] of Object.entries(populate)) shown[name] = unlimited(value, found?.[name]);
    let row = found ?? {};
    for (const { name, component } of this.origin.path) {
      const inner = { populate: shown };
      shown = { [name]: component === undefined ? inner : { on: { [component]: inner } } };
      row = { [name]: component === undefined ? row : Object.assign({ __component: component }, row) };
    }
    const { documentId, locale } = this.origin.document;
    const isLocalized = typeof locale === 'string' && site.models?.isLocalized(this.origin.uid) === true;
    const told = {
      where: { documentId, ...(isLocalized ? { locale } : {}) },
      // As the Document Service says it: a condition that is handed down to what is populated.
      ...(this.isPublic(site, populate) ? { filters: () => ({ publishedAt: { $notNull: true } }) } : {}),
      populate: shown,
    };
    this.outer.read(site, this.origin.uid, method, told, found === null ? null : { ...row, documentId, locale });
    for (const name of Object.keys(populate)) this.follow(site, name, found?.[name]);
  }

  /** Whether neither the document nor what is populated is a draft. */
  private isPublic({ models }: Site, populate: Row): boolean {
    const { uid, document } = this.origin;
    if (models === undefined || (models.isDraftable(uid) && document['publishedAt'] == null)) return false;
    return Object.entries(populate).every(([name, value]) => {
      const target = models.get(this.uid)?.attributes[name]?.target;
      return target === undefined || !models.isDraftable(target) || asksForPublished(value);
    });
  }

  /** Remembers whose the components are that were found: what is loaded of them is told by the same document. */
  private follow({ models }: Site, name: string, found: unknown): void {
    const target = models?.get(this.uid)?.attributes[name]?.target;
    if (target !== undefined && models?.isComponent(target) !== true) return;
    for (const row of (Array.isArray(found) ? found : [found]) as (Row | null | undefined)[]) {
      const component = row?.['__component'];
      if (row == null || (target === undefined && typeof component !== 'string')) continue;
      const step = { name, component: target === undefined ? String(component) : undefined };
      origins.set(row, { ...this.origin, path: [step, ...this.origin.path] });
    }
  }
}

function asksForPublished(populate: unknown): boolean {
  const { where } = (typeof populate === 'object' && populate !== null ? populate : {}) as { where?: { publishedAt?: { $notNull?: unknown } } };
  return where?.publishedAt?.$notNull === true;
}

/** What a field is populated with, without a limit that left nothing out. */
function unlimited(populate: unknown, found: unknown): unknown {
  if (typeof populate !== 'object' || populate === null || Array.isArray(populate)) return populate;
  const { offset, limit, ...rest } = populate as { offset?: unknown; limit?: unknown };
  if (Number(offset ?? 0) !== 0) return populate;
  const isWhole = limit == null || Number(limit) < 0 || !Array.isArray(found) || found.length < Number(limit);
  return isWhole ? rest : populate;
}
