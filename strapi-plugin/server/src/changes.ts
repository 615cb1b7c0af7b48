import { FILES, type Models } from './models';
import type { Owner, Rows, State } from './rows';

/** Documents that one transaction may change one by one; beyond it their type counts as changed as a whole. */
const MAX_DOCUMENTS = 100;

/** A document that is written. */
interface Tracked {
  /** Before the first write to it; what was created by it had nothing before. */
  before: Promise<State> | undefined;
  /** Rows that were made meanwhile. */
  created: Set<number>;
  fields: Set<string>;
}

interface Params {
  where?: unknown;
  filters?: unknown;
  _q?: unknown;
  data?: Record<string, unknown> | Record<string, unknown>[];
}

/** What a write was about to change. */
export interface Mark {
  /** The rows it concerns. */
  ids: Set<number>;
}

/**
 * What one transaction, or one write outside of any, changes: what there was is read before the first write to each
 * document, and what there is at the end, before the commit. The engine makes of it what is stale.
 *
 * Whatever can't be told so counts as a change of the whole type.
 */
export class Changes {
  private readonly documents = new Map<string, Map<string, Tracked>>();
  private readonly components = new Map<string, { ids: Set<number>; owners: Owner[] }>();
  /** Every type that was written. */
  readonly written = new Set<string>();
  /** Types of which no more can be told. */
  readonly types = new Set<string>();
  private ended = false;
  private json: string | undefined;

  /** `lone`: outside of any transaction, where others may write between our reading and the write. */
  constructor(
    private readonly models: Models,
    private readonly rows: Rows,
    private readonly lone: boolean,
  ) {}

  /** What was changed, as JSON for the engine; undefined where only `written` tells. */
  get told(): string | undefined {
    return this.json;
  }

  /** Before a write. Where it rejects, `whole` has to be called. */
  async before(uid: string, method: string, params: Params): Promise<Mark | undefined> {
    this.written.add(uid);
    if (this.ended) this.json = undefined;
    if (this.types.has(uid)) return undefined;
    const ids = new Set<number>();
    const data = Array.isArray(params.data) ? params.data : [params.data ?? {}];
    // Files that are hung into documents from their side.
    if (uid === FILES && data.some((one) => one['related'] != null)) return this.whole(uid);
    if (method === 'create' || method === 'createMany') {
      const documents = data.map((one) => one['documentId']).filter((id) => typeof id === 'string');
      if (documents.length > MAX_DOCUMENTS) return this.whole(uid);
      if (!this.models.isComponent(uid)) await this.track(uid, documents);
      return { ids };
    }

    // The other methods go by `where` alone.
    if (method === 'deleteMany' && (params._q != null || params.filters != null)) return this.whole(uid);
    const one = method === 'update' || method === 'delete';
    const found = await this.rows.find(uid, params.where ?? {}, one ? 1 : MAX_DOCUMENTS + 1);
    if (found.length > MAX_DOCUMENTS) return this.whole(uid);
    for (const { id } of found) ids.add(id);
    if (this.models.isComponent(uid)) {
      const noted = this.noted(uid, ids);
      noted.owners.push(...(await this.rows.ownersOf(uid, [...ids])));
      return { ids };
    }
    const documents = found.map(({ documentId }) => documentId);
    if (documents.includes(null)) return this.whole(uid);
    await this.track(uid, documents as string[]);
    if (this.lone && !method.startsWith('delete')) this.wrote(uid, documents as string[], Object.keys(data[0] ?? {}));
    return { ids };
  }

  /** After a write that came to its end. */
  async after(uid: string, method: string, mark: Mark | undefined, result: unknown): Promise<void> {
    if (mark === undefined) return;
    const { id, ids, count } = (result ?? {}) as { id?: number; ids?: number[]; count?: number };
    if (method === 'create' || method === 'createMany') {
      const made = method === 'create' ? [id] : (ids ?? []);
      if (made.length > MAX_DOCUMENTS || made.some((one) => typeof one !== 'number')) return void this.whole(uid);
      if (method === 'createMany' && made.length !== count) return void this.whole(uid);
      await this.made(uid, made as number[]);
      return;
    }
    // A hook may have led it elsewhere.
    const isElsewhere = method.endsWith('Many') ? (count ?? 0) > mark.ids.size : result != null && !mark.ids.has(id as number);
    if (isElsewhere) this.whole(uid);
  }

  /** No more is known than that the type was written. */
  whole(uid: string): undefined {
    this.types.add(uid);
  }

  /** The end, before the commit: reads what there is now. */
  async end(): Promise<void> {
    this.ended = true;
    const documents: object[] = [];
    for (const [uid, tracked] of this.documents) {
      if (this.types.has(uid)) continue;
      const after = await this.rows.states(uid, [...tracked.keys()], false);
      if (after === undefined) {
        this.whole(uid);
        continue;
      }
      for (const [id, { before, created, fields }] of tracked) {
        const now = after.get(id) ?? { rows: [], links: [] };
        const was = before === undefined ? without(now, created) : await before;
        const linked = [...fields].some((field) => this.models.isRelation(uid, field));
        documents.push({ uid, id, before: was, after: now, fields: [...fields], linked });
      }
    }
    const components: object[] = [];
    for (const [uid, { ids, owners }] of this.components) {
      if (this.types.has(uid)) continue;
      const all = [...owners, ...(await this.rows.ownersOf(uid, [...ids]))];
      for (const owner of all) if (!this.models.isPrecise(owner.uid)) this.types.add(owner.uid);
      components.push({ uid, owners: all });
    }
    this.json = JSON.stringify({ documents, components });
  }

  private async made(uid: string, ids: number[]): Promise<void> {
    if (this.models.isComponent(uid)) {
      this.noted(uid, new Set(ids));
      return;
    }
    const rows = await this.rows.documentsOf(uid, ids);
    if (rows.length !== ids.length || rows.some(({ documentId }) => documentId === null)) return void this.whole(uid);
    const known = this.tracked(uid);
    for (const { id, documentId } of rows as { id: number; documentId: string }[]) {
      let tracked = known.get(documentId);
      if (tracked === undefined) known.set(documentId, (tracked = { before: undefined, created: new Set(), fields: new Set() }));
      tracked.created.add(id);
    }
    if (known.size > MAX_DOCUMENTS) this.whole(uid);
  }

  private async track(uid: string, documents: string[]): Promise<void> {
    const known = this.tracked(uid);
    const fresh = [...new Set(documents)].filter((id) => !known.has(id));
    if (fresh.length > 0) {
      const states = this.rows.states(uid, fresh, !this.lone);
      const nothing: State = { rows: [], links: [] };
      for (const id of fresh) {
        // Whoever writes the same document meanwhile waits for it as well.
        const before = states.then((found) => (found === undefined ? this.whole(uid) : found.get(id)) ?? nothing);
        known.set(id, { before, created: new Set(), fields: new Set() });
      }
      if (known.size > MAX_DOCUMENTS) this.whole(uid);
    }
    await Promise.all(documents.map((id) => known.get(id)?.before));
  }

  private wrote(uid: string, documents: string[], fields: string[]): void {
    for (const id of documents) for (const field of fields) this.tracked(uid).get(id)?.fields.add(field);
  }

  private tracked(uid: string): Map<string, Tracked> {
    let known = this.documents.get(uid);
    if (known === undefined) this.documents.set(uid, (known = new Map()));
    return known;
  }

  private noted(uid: string, ids: Set<number>): { ids: Set<number>; owners: Owner[] } {
    let known = this.components.get(uid);
    if (known === undefined) this.components.set(uid, (known = { ids: new Set(), owners: [] }));
    for (const id of ids) known.ids.add(id);
    if (known.ids.size > MAX_DOCUMENTS) this.whole(uid);
    return known;
  }
}

/** A state as it was before these rows were made. */
function without({ rows, links }: State, made: Set<number>): State {
  return { rows: rows.filter(({ id }) => !made.has(id)), links: links.filter(({ from }) => from === undefined || !made.has(from)) };
}
