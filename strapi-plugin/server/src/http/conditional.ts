import type { IncomingHttpHeaders } from 'node:http';
import type { Entry } from './entry';

/** RFC 9110 §8.8.3: what stands between the quotes is what weak comparison compares. */
const ENTITY_TAG = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

interface Validators {
  etag: string | undefined;
  lastModified: string | undefined;
}

/** Whether the client has this answer already (RFC 9110 §13.1.2, §13.1.3 and §13.2.2: a tag wins over a date). */
export function isNotModified(headers: IncomingHttpHeaders, entry: Validators): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags.trim() === '*' || hasTag(tags, entry.etag ?? '');
  const since = headers['if-modified-since'];
  if (since === undefined || entry.lastModified === undefined) return false;
  const [limit, modified] = [timeOf(since), timeOf(entry.lastModified)];
  return Number.isFinite(limit) && Number.isFinite(modified) && modified <= limit;
}

/** RFC 9110 §5.6.7: in each of its three forms a date is one of GMT, also where that is not said. */
function timeOf(date: string): number {
  return Date.parse(/GMT\s*$/.test(date) ? date : `${date} GMT`);
}

/** Whether a 304 speaks of another version than the one it was asked about (RFC 9111 §4.3.4). */
export function isAnother(etag: string | undefined, asked: Entry): boolean {
  return etag !== undefined && asked.ownEtag !== undefined && !hasTag(etag, asked.ownEtag);
}

function hasTag(list: string, etag: string): boolean {
  const [own] = [...etag.matchAll(ENTITY_TAG)].map(([, opaque]) => opaque);
  return own !== undefined && [...list.matchAll(ENTITY_TAG)].some(([, opaque]) => opaque === own);
}

/** Headers that make a request conditional, and that a handler must not answer 304 to while its answer is to be stored. */
const CONDITIONS = ['if-none-match', 'if-modified-since'] as const;

/**
 * Hides the client's conditions from the handler, or puts those of an entry in their place, which the handler gave it and
 * can now confirm. The function returned puts them back.
 */
export function replaceConditions(headers: IncomingHttpHeaders, validated: Entry | undefined): () => void {
  const own = CONDITIONS.map((name) => [name, headers[name]] as const);
  for (const name of CONDITIONS) delete headers[name];
  // A tag of our own making would say nothing to the handler.
  if (validated?.ownEtag !== undefined) headers['if-none-match'] = validated.ownEtag;
  if (validated?.lastModified !== undefined) headers['if-modified-since'] = validated.lastModified;
  return () => {
    for (const [name, value] of own) {
      if (value === undefined) delete headers[name];
      else headers[name] = value;
    }
  };
}
