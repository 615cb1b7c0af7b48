import type { IncomingHttpHeaders, OutgoingHttpHeader } from 'node:http';

/** The names in a list of them, in lower case and sorted. */
export function namesIn(header: OutgoingHttpHeader | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : String(header ?? '');
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  return [...new Set(names)].filter((name) => name !== '').sort();
}

/** The names in `after` that are not in `before`: cors, outside of us, has added `Origin` by then, for itself. */
export function namesAdded(before: OutgoingHttpHeader | undefined, after: OutgoingHttpHeader | undefined): string[] {
  const known = new Set(namesIn(before));
  return namesIn(after).filter((name) => !known.has(name));
}

/**
 * What a request says in those headers (RFC 9111 §4.1). Spaces around commas make no difference; a header that is absent is
 * another thing than one that is empty. Names are part of it, so that answers chosen by others never meet.
 */
export function varyValues(names: readonly string[], headers: IncomingHttpHeaders): string {
  if (names.length === 0) return '';
  return JSON.stringify(names.map((name) => [name, valueOf(Object.hasOwn(headers, name) ? headers[name] : undefined)]));
}

function valueOf(value: string | string[] | undefined): string | null {
  if (value === undefined) return null;
  const text = Array.isArray(value) ? value.join(',') : value;
  // Between quotes a space means something.
  return text.includes('"') ? text : text.split(',').map((part) => part.trim()).join(',');
}

const merged = new Map<string, string>();
/** Few in number: what cors and compression make of a handler's. */
const MAX_MERGED = 1000;

/** A `Vary` with more names added. */
export function addNames(header: OutgoingHttpHeader | undefined, added: string): string {
  if (header === undefined) return added;
  const text = Array.isArray(header) ? header.join(', ') : String(header);
  const key = `${text}\n${added}`;
  let found = merged.get(key);
  if (found === undefined) {
    const names = [...text.split(','), ...added.split(',')].map((name) => name.trim()).filter((name) => name !== '');
    const known = new Set<string>();
    found = names
      .filter((name) => !known.has(name.toLowerCase()) && known.add(name.toLowerCase()))
      .join(', ');
    if (merged.size >= MAX_MERGED) merged.clear();
    merged.set(key, found);
  }
  return found;
}
