/** What Koa turns into JSON and nothing else: no stream, Buffer, string, or object with a JSON of its own. */
export function isPlain(body: unknown): boolean {
  if (Array.isArray(body)) return true;
  if (typeof body !== 'object' || body === null) return false;
  const prototype: unknown = Object.getPrototypeOf(body);
  return prototype === Object.prototype || prototype === null;
}

/** A Buffer of its own size: one from Node's pool would keep the pool's whole slab in memory as long as the entry. */
export function jsonBytes(body: unknown): Buffer {
  const json = JSON.stringify(body);
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(json));
  bytes.write(json);
  return bytes;
}
