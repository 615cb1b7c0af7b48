import { createHash } from 'node:crypto';
import { validateHeaderValue } from 'node:http';

/** Headers by name, in lower case. */
export type Headers = readonly (readonly [string, string])[];

/** An answer that is stored, ready to go out. */
export interface Entry {
  readonly status: number;
  readonly body: Buffer;
  /** Those that are set as they are. */
  readonly headers: Headers;
  /** When it was made, in ms since the epoch; earlier by the age it came with. */
  readonly created: number;
  /** Until when it is fresh, in ms since the epoch. */
  freshUntil: number;
  readonly etag: string;
  /** The handler's own tag, which it can be asked with again. */
  readonly ownEtag: string | undefined;
  readonly lastModified: string | undefined;
  readonly hasNoType: boolean;
  /** The request headers it was chosen by, besides `Accept-Encoding` where it is encoded here. */
  readonly vary: string;
  /** The body in other encodings, as far as they are made; null for one that is no shorter. */
  readonly encoded: Map<string, Buffer | null> | undefined;
}

/** What is kept in the place of an answer: which request headers the answers under this URL vary by. */
export interface Marker {
  readonly names: readonly string[];
}

/** Who has a credential. */
export interface Holder {
  readonly role: string;
}

export type Shelved = Entry | Marker | Holder;

export const isMarker = (shelved: Shelved): shelved is Marker => 'names' in shelved;
export const isHolder = (shelved: Shelved): shelved is Holder => 'role' in shelved;

/** What the engine keeps of an entry beside its body. */
interface Head {
  status: number;
  headers: Headers;
  vary: string;
}

/** Bodies shorter than this, in bytes, fit into one packet anyway. */
const LEAST_ENCODED = 1024;
/** Media types that get shorter: text, and what is text in fact. */
const COMPRESSIBLE = /^(?:text\/|application\/(?:[\w.+-]*\+)?(?:json|xml|javascript|x-javascript)\b|image\/svg\+xml\b)/i;

/** What is stored of an answer, as the engine keeps it. */
export function headOf(status: number, headers: Headers, vary: string): string {
  return JSON.stringify({ status, headers, vary } satisfies Head);
}

/** The same with one more header, which the engine knows only once it has stored it. */
export function withHeader(head: string, header: readonly [string, string] | undefined): string {
  if (header === undefined) return head;
  const parsed = JSON.parse(head) as Head;
  return JSON.stringify({ ...parsed, headers: [...parsed.headers, header] });
}

/** Makes an entry of what the engine keeps. `compresses`: whether it may be encoded here. */
export function entryOf(body: Buffer, head: string, created: number, freshUntil: number, compresses: boolean): Entry {
  const { status, headers, vary } = checked(JSON.parse(head));
  const found = new Map(headers);
  const ownEtag = found.get('etag');
  const etag = ownEtag ?? weakTag(body);
  found.set('etag', etag);
  // RFC 9111 §4: the moment of the answer, not that of the hit.
  if (!found.has('date')) found.set('date', new Date(created).toUTCString());
  found.delete('age');
  const isEncodable =
    compresses &&
    body.length >= LEAST_ENCODED &&
    !found.has('content-encoding') &&
    COMPRESSIBLE.test(found.get('content-type') ?? '') &&
    !/\bno-transform\b/i.test(found.get('cache-control') ?? '');
  return {
    status,
    body,
    headers: [...found],
    created,
    freshUntil,
    etag,
    ownEtag,
    lastModified: found.get('last-modified'),
    hasNoType: !found.has('content-type'),
    vary,
    encoded: isEncodable ? new Map() : undefined,
  };
}

/** RFC 9110 §8.8.3: weak, since the same tag stands for every encoding of the body. */
function weakTag(body: Buffer): string {
  return `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
}

/** From outside this process: anything that Node would refuse to send is refused here. */
function checked(head: unknown): Head {
  const { status, headers, vary } = head as Partial<Head>;
  if (!Number.isInteger(status) || !Array.isArray(headers) || typeof vary !== 'string') {
    throw new TypeError('the head of an entry is none');
  }
  const checkedHeaders = headers.map((header: unknown): [string, string] => {
    const [name, value] = header as [unknown, unknown];
    if (typeof name !== 'string' || typeof value !== 'string') throw new TypeError('a header of an entry is not text');
    validateHeaderValue(name, value);
    return [name, value];
  });
  return { status: status as number, headers: checkedHeaders, vary };
}

/** What the engine keeps of a marker. */
export function markerHead(names: readonly string[]): string {
  return JSON.stringify({ names });
}

/** What the engine keeps, of whatever kind it is. */
export function shelvedOf(body: Buffer, head: string, created: number, freshUntil: number, compresses: boolean): Shelved {
  const parsed = JSON.parse(head) as Partial<Marker & Holder>;
  if (Array.isArray(parsed.names)) return { names: parsed.names.map(String) };
  if (typeof parsed.role === 'string') return { role: parsed.role };
  return entryOf(body, head, created, freshUntil, compresses);
}
