import type { Core } from '@strapi/strapi';
import type { Models } from './models';

/** A row as it counts for answers: `values` by attribute. */
export interface Row {
  public: boolean;
  locale: string | null;
  values: Record<string, unknown>;
}

/** Edge, whether both ends are public, the locale here, the document there, its row's name, and its place. */
export type Link = [string, boolean, string | null, string | null, string, number];

/** All rows of a document, with their ids, and what they are linked to. */
export interface State {
  rows: (Row & { id: number })[];
  links: (Link & { readonly from?: number })[];
}

/** A document of which one row is meant. */
export interface Owner {
  uid: string;
  id: string;
  public: boolean;
  locale: string | null;
}

type Raw = Record<string, unknown>;
type Knex = Core.Strapi['db']['connection'];
type Query = ReturnType<Knex['from']>;

/** Links that are compared one by one: a category with more articles than that is not worth the time of its edit. */
const MAX_LINKS = 2_000;
/** Components in components, at most so deep. */
const MAX_NESTING = 10;

/** Reads what changes are told by: in the transaction that runs, and past all lifecycles and what watches reads. */
export class Rows {
  constructor(
    private readonly strapi: Core.Strapi,
    private readonly models: Models,
  ) {}

  /** The rows that conditions let through, at most `limit`. */
  async find(uid: string, where: unknown, limit: number): Promise<{ id: number; documentId: string | null }[]> {
    const columns = this.models.isComponent(uid) ? ['id'] : ['id', 'documentId'];
    return this.strapi.db.queryBuilder(uid).select(columns).where(where as object).limit(limit).execute();
  }

  /** What is in these rows of a type: by id, also of ones just written. */
  async documentsOf(uid: string, ids: number[]): Promise<{ id: number; documentId: string | null }[]> {
    return this.find(uid, { id: { $in: ids } }, ids.length);
  }

  /**
   * Documents in all their rows; undefined where they have too many links. `lock`: nobody else changes them until the
   * transaction ends.
   */
  async states(uid: string, documents: string[], lock: boolean): Promise<Map<string, State> | undefined> {
    const states = new Map(documents.map((id): [string, State] => [id, { rows: [], links: [] }]));
    const model = this.models.get(uid);
    if (model === undefined || documents.length === 0) return states;
    const rows = await this.run((knex) => {
      const query = this.table(knex, model.tableName, 'x').select('x.*').whereIn('x.document_id', documents).orderBy('x.id');
      // SQLite lets one transaction write at a time anyway.
      return lock && this.strapi.db.dialect.client !== 'sqlite' ? query.forUpdate() : query;
    });

    const byId = new Map<number, { state: State; row: State['rows'][number] }>();
    for (const raw of rows) {
      const state = states.get(String(raw['document_id']));
      const values: Raw = {};
      for (const [column, value] of Object.entries(raw)) values[model.columnToAttribute[column] ?? column] = value;
      const row = { id: Number(raw['id']), public: this.isPublic(uid, raw['published_at']), locale: this.localeOf(uid, raw['locale']), values };
      state?.rows.push(row);
      if (state !== undefined) byId.set(row.id, { state, row });
    }

    const links = await this.links(uid, [...byId.keys()]);
    if (links.length > MAX_LINKS) return undefined;
    for (const raw of links) {
      const from = byId.get(Number(raw['here']));
      const there = String(raw['uid']);
      const locale = this.localeOf(there, raw['locale'] === '' ? null : raw['locale']);
      const document = raw['document'] === '' ? null : String(raw['document']);
      const isLive = Number(raw['live']) === 1;
      const isPublic = (from?.row.public ?? false) && (isLive || !this.models.isDraftable(there));
      // Drafts and published rows are linked each for themselves.
      const key = `${String(from?.row.public)} ${String(isLive)} ${document ?? Number(raw['there'])} ${locale ?? ''}`;
      const link: Link = [String(raw['edge']), isPublic, from?.row.locale ?? null, document, key, Number(raw['place'] ?? 0)];
      from?.state.links.push(Object.assign(link, { from: from.row.id }));
    }
    return states;
  }

  /** The documents that show these components. */
  async ownersOf(component: string, ids: number[], depth = 0): Promise<Owner[]> {
    if (ids.length === 0) return [];
    if (depth > MAX_NESTING) throw new Error('components are nested too deep');
    const owners: Owner[] = [];
    for (const { uid, table } of this.models.holdersOf(component)) {
      const held = await this.run((knex) =>
        this.table(knex, table, 'x').distinct('x.entity_id').where('x.component_type', component).whereIn('x.cmp_id', ids),
      );
      const holders = held.map((raw) => Number(raw['entity_id']));
      if (this.models.isComponent(uid)) {
        owners.push(...(await this.ownersOf(uid, holders, depth + 1)));
        continue;
      }
      const model = this.models.get(uid);
      if (holders.length === 0 || model === undefined) continue;
      const rows = await this.run((knex) => this.table(knex, model.tableName, 'x').select('x.*').whereIn('x.id', holders));
      for (const raw of rows) {
        const id = String(raw['document_id']);
        owners.push({ uid, id, public: this.isPublic(uid, raw['published_at']), locale: this.localeOf(uid, raw['locale']) });
      }
    }
    return owners;
  }

  /** Tries all that is asked of the database here: a query that failed in a transaction could take that with it. */
  async rehearse(uid: string): Promise<void> {
    if (this.models.isComponent(uid)) return void (await this.ownersOf(uid, [0]));
    await this.states(uid, [''], true);
    await this.links(uid, [0]);
  }

  /** One query for all relations of a type. */
  private async links(uid: string, ids: number[]): Promise<Raw[]> {
    const edges = this.models.edgesOf(uid);
    if (edges.length === 0 || ids.length === 0) return [];
    return this.run((knex) => {
      const queries = edges.map((edge) => {
        const model = this.models.get(edge.uid);
        const has = (name: string): boolean => model?.attributes[name] !== undefined;
        return this.table(knex, edge.table, 'l')
          .join({ t: model?.tableName ?? '' }, 't.id', `l.${edge.there}`)
          .whereIn(`l.${edge.here}`, ids)
          .select({ here: `l.${edge.here}`, there: `l.${edge.there}` })
          .select(knex.raw('? as ??', [edge.table, 'edge']), knex.raw('? as ??', [edge.uid, 'uid']))
          .select(knex.raw(has('documentId') ? `coalesce(t.document_id, '') as ??` : `'' as ??`, ['document']))
          .select(knex.raw(has('publishedAt') ? 'case when t.published_at is null then 0 else 1 end as ??' : '1 as ??', ['live']))
          .select(knex.raw(has('locale') ? `coalesce(t.locale, '') as ??` : `'' as ??`, ['locale']))
          .select(edge.order === undefined ? knex.raw('0 as ??', ['place']) : { place: `l.${edge.order}` });
      });
      const [first, ...others] = queries as [Query, ...Query[]];
      return (others.length === 0 ? first : first.unionAll(others)).limit(MAX_LINKS + 1);
    });
  }

  private table(knex: Knex, name: string, alias: string): Query {
    const schema = this.strapi.db.getSchemaName();
    const query = knex.from({ [alias]: name });
    return schema === undefined ? query : query.withSchema(schema);
  }

  private async run(make: (knex: Knex) => Query): Promise<Raw[]> {
    const { db } = this.strapi;
    const query = make(db.connection);
    if (!db.inTransaction()) return query as unknown as Promise<Raw[]>;
    return db.transaction(async ({ trx }: { trx: Parameters<Query['transacting']>[0] }) => query.transacting(trx) as unknown as Promise<Raw[]>);
  }

  private isPublic(uid: string, publishedAt: unknown): boolean {
    return !this.models.isDraftable(uid) || (publishedAt !== null && publishedAt !== undefined);
  }

  private localeOf(uid: string, locale: unknown): string | null {
    return this.models.isLocalized(uid) && typeof locale === 'string' ? locale : null;
  }
}
