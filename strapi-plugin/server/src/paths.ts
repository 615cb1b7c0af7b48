/** Whether a path is an endpoint's, as the router has it: it ignores case and a slash at the end. */
export function pathTest(endpoint: string): (path: string) => boolean {
  const fold = (path: string): string => path.replace(/\/$/, '').toLowerCase();
  const folded = fold(endpoint);
  return (path) => path.length >= folded.length && path.length <= folded.length + 1 && fold(path) === folded;
}

/**
 * Whether the fixed parts of the path are written as in the route. The router ignores their case; a purge by pattern
 * doesn't, so `/api/Articles` is answered but not stored.
 */
export function isCanonical(url: string, route: unknown): boolean {
  if (typeof route !== 'string') return true;
  const end = url.indexOf('?');
  const found = (end < 0 ? url : url.slice(0, end)).split('/');
  for (const [index, wanted] of route.split('/').entries()) {
    // From a part that may match several segments on, nothing lines up any more.
    if (/[*+?()]/.test(wanted)) return true;
    const part = found[index] ?? '';
    if (part !== wanted && part.toLowerCase() === wanted.toLowerCase()) return false;
  }
  return true;
}
