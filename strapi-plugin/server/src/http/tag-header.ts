/** So long, in bytes, a header of tags may be: Node and most CDNs refuse one of 16 KB. */
const MAX_BYTES = 8_000;

/** The tags of an answer for a CDN, as many as fit. */
export function tagHeader(name: string | null, tags: string[]): [string, string] | undefined {
  if (name === null || tags.length === 0) return undefined;
  // Surrogate-Key is parted by spaces, Cache-Tag by commas.
  const separator = name.toLowerCase() === 'surrogate-key' ? ' ' : ',';
  let text = '';
  for (const tag of tags.map((each) => each.replaceAll(/[^\x21-\x2b\x2d-\x7e]/g, '_'))) {
    if (text.length + tag.length + 1 > MAX_BYTES) break;
    text += text === '' ? tag : separator + tag;
  }
  return [name, text];
}
