import { randomUUID } from 'node:crypto';
import type { JobEvent, JobEventName } from '../types';

/** What a middleware of the Document Service is told of a call, as far as it counts here. */
export interface DocumentCall {
  uid: string;
  action: string;
  params: unknown;
}

/** What a content type says of itself, as far as it counts here. */
export interface Described {
  options?: { draftAndPublish?: boolean };
  attributes: Record<string, { type: string }>;
}

/** The events that a call may be. Discarding a draft is none: nothing is written that was not there before. */
const EVENTS: Record<string, JobEventName[]> = {
  create: ['create', 'publish'],
  clone: ['create'],
  update: ['update', 'publish'],
  delete: ['delete'],
  publish: ['publish'],
  unpublish: ['unpublish'],
};

/** What an entry has beside its type's attributes. */
const OWN = ['id', 'documentId', 'locale', 'createdAt', 'updatedAt', 'publishedAt'];
/** Attributes that are no value, and the ones that nobody may read. */
const LEFT_OUT = new Set(['relation', 'media', 'component', 'dynamiczone', 'password']);

export function mayBe({ action }: Pick<DocumentCall, 'action'>): JobEventName[] {
  return EVENTS[action] ?? [];
}

/** The events that a call was: one for each of them and each language version of the document. */
export function eventsOf(call: DocumentCall, type: Described, result: unknown): JobEvent[] {
  const params = (call.params ?? {}) as { status?: unknown; locale?: unknown; documentId?: unknown };
  // `status: 'published'` publishes within the same call.
  const isPublished = params.status === 'published' && type.options?.draftAndPublish === true;
  const names = mayBe(call).filter((name) => name !== 'publish' || call.action === 'publish' || isPublished);
  const at = new Date().toISOString();
  const events: JobEvent[] = [];
  for (const [locale, entry] of versionsOf(result, params.locale)) {
    const documentId = entry['documentId'] ?? params.documentId;
    if (typeof documentId !== 'string') continue;
    for (const on of names) {
      events.push({ id: randomUUID(), on, contentType: call.uid, documentId, locale, at, entry: valuesOf(entry, type) });
    }
  }
  return events;
}

type Entry = Record<string, unknown>;

/** The entries of a result by locale. What was deleted may have had a draft and a published one: the latter counts. */
function versionsOf(result: unknown, asked: unknown): Map<string | null, Entry> {
  const versions = new Map<string | null, Entry>();
  if (typeof result !== 'object' || result === null) return versions;
  const { entries = [result] } = result as { entries?: unknown[] };
  for (const entry of entries) {
    if (typeof entry !== 'object' || entry === null) continue;
    // A call may have chosen its fields, and the locale not among them.
    const found = (entry as Entry)['locale'] ?? asked;
    const locale = typeof found === 'string' && found !== '' && found !== '*' ? found : null;
    if (!versions.has(locale) || (entry as Entry)['publishedAt'] != null) versions.set(locale, entry as Entry);
  }
  return versions;
}

function valuesOf(entry: Entry, { attributes }: Described): Entry {
  const isValue = (name: string): boolean => {
    const type = attributes[name]?.type;
    return type === undefined ? OWN.includes(name) : !LEFT_OUT.has(type);
  };
  return Object.fromEntries(Object.entries(entry).filter(([name]) => isValue(name)));
}
