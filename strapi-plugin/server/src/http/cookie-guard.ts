import type { IncomingHttpHeaders } from 'node:http';

/**
 * Calls `onRead` when somebody reads the Cookie header, until the function returned is called. An answer made with
 * it is that visitor's own, even if no cookie was sent: the next one may send one.
 *
 * Strapi's own chain does not read it on the way to a public route: koa-session reads its cookie when `ctx.session`
 * is touched (or before us, with an external store), and the strategies of users-permissions and API tokens read
 * `Authorization` only. What copies all headers is noticed if a cookie was sent; without one there is nothing to copy.
 */
export function watchCookie(headers: IncomingHttpHeaders, onRead: () => void): () => void {
  const sent = Object.getOwnPropertyDescriptor(headers, 'cookie');
  let value: unknown = sent?.value;
  Object.defineProperty(headers, 'cookie', {
    configurable: true,
    enumerable: sent !== undefined,
    get() {
      onRead();
      return value;
    },
    set(changed: unknown) {
      value = changed;
    },
  });
  return () => {
    if (value === undefined) delete headers.cookie;
    else Object.defineProperty(headers, 'cookie', { value, configurable: true, enumerable: true, writable: true });
  };
}
