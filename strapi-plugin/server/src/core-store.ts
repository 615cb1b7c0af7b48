/**
 * Strapi's settings are rows of one table. Each boot writes some of them (the schema, the views of the admin panel)
 * while nearly every read of a localised type looks one up (the default locale): told apart by type only, each boot
 * would purge the site. So each key counts as a type of its own.
 */
const CORE_STORE = 'strapi::core-store';

/** Read by whoever reads some key: purged by writes that don't say which. */
const SOME_KEY = typeOfKey('*');

/** The types that a query reads, as far as its top level tells. */
export function typesRead(uid: string, params: unknown): string[] {
  const key = uid === CORE_STORE ? keyIn((params as { where?: unknown } | undefined)?.where) : undefined;
  return key === undefined ? [uid] : [typeOfKey(key), SOME_KEY];
}

/** The types that a write changes. `result` is the row written, if there is one. */
export function typesWritten(uid: string, result: unknown): string[] {
  if (uid !== CORE_STORE) return [uid];
  const key = keyIn(result);
  return [uid, key === undefined ? SOME_KEY : typeOfKey(key)];
}

function typeOfKey(key: string): string {
  return `${CORE_STORE}/${key}`;
}

function keyIn(value: unknown): string | undefined {
  const key = (value as { key?: unknown } | null | undefined)?.key;
  return typeof key === 'string' ? key : undefined;
}
