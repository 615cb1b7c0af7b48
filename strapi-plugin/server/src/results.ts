import type { Models } from './models';

/** Type, documentId and locale; no documentId where the row doesn't tell. */
type Document = [string, string | null, string | null];

/** What a read gave, for the engine. */
export interface Found {
  documents: Document[];
  complete: boolean;
  published: boolean;
  whole: boolean;
}

interface Params {
  limit?: unknown;
  offset?: unknown;
  filters?: unknown;
  _q?: unknown;
  groupBy?: unknown;
}

/** What came of a read of the database layer. */
export function foundBy(models: Models, uid: string, method: string, params: unknown, result: unknown): Found {
  const { filters, _q, groupBy } = (params ?? {}) as Params;
  const documents = new Map<string, Document>();
  if (method !== 'count') collect(models, uid, result, documents);
  return {
    documents: [...documents.values()],
    complete: isComplete(method, (params ?? {}) as Params, result),
    published: asksForPublished(models, filters),
    // A search, which looks into every field.
    whole: _q != null || groupBy != null,
  };
}

/** Whether the rows are all that the conditions let through. */
function isComplete(method: string, { limit, offset }: Params, result: unknown): boolean {
  if (method === 'count') return true;
  if (method === 'findOne') return result === null;
  if (Number(offset ?? 0) > 0) return false;
  return limit == null || Number(limit) < 0 || (Array.isArray(result) && result.length < Number(limit));
}

/** The Document Service says by a function of the model that drafts are left out, of what is populated as well. */
function asksForPublished(models: Models, filters: unknown): boolean {
  if (models.someDraftable === undefined) return true;
  if (typeof filters !== 'function') return false;
  const condition = (filters as (of: object) => unknown)({ meta: models.get(models.someDraftable) });
  const publishedAt = (condition as { publishedAt?: { $notNull?: unknown; $null?: unknown } } | null)?.publishedAt;
  return publishedAt?.$notNull === true || publishedAt?.$null === false;
}

function collect(models: Models, uid: string, value: unknown, found: Map<string, Document>): void {
  if (Array.isArray(value)) {
    for (const one of value) collect(models, uid, one, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const row = value as Record<string, unknown>;
  const type = typeOf(row, uid);
  const model = models.get(type);
  if (model === undefined) return;
  if (model.attributes['documentId'] !== undefined) {
    const { documentId, locale } = row;
    const id = typeof documentId === 'string' ? documentId : null;
    const at = typeof locale === 'string' ? locale : null;
    found.set(`${type} ${id ?? ''} ${at ?? ''}`, [type, id, at]);
  }
  for (const name of Object.keys(row)) {
    const attribute = model.attributes[name];
    const related = row[name];
    if (attribute?.type === 'relation' && typeof related === 'object' && related !== null) {
      collect(models, attribute.target ?? '', related, found);
    }
  }
}

/** What a morph relation or a dynamic zone gives says itself what it is. */
function typeOf({ __type, __component }: Record<string, unknown>, uid: string): string {
  if (typeof __type === 'string') return __type;
  return typeof __component === 'string' ? __component : uid;
}
