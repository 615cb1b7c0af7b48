import type { IncomingHttpHeaders } from 'node:http';

/**
 * Calls `onRead` when somebody reads the Cookie header, until the function returned is called. An answer made with
 * it is that visitor's own, even if no cookie was sent: the next one may send one.
 *
 * Strapi's own chain does not read it on the way to a public route: koa-session reads its cookie when `ctx.session`
 * is touched (or before us, with an external store: see watchSession), and the strategies of users-permissions and API
 * tokens read `Authorization` only. What copies all headers is noticed if a cookie was sent; without one there is nothing to copy.
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

/**
 * Calls `onRead` when somebody touches `ctx.session`, until the function returned is called. With an external store
 * koa-session has read the cookie long before, so that nothing else tells that an answer is made of the session.
 */
export function watchSession(ctx: object, onRead: () => void): () => void {
  const own = Object.getOwnPropertyDescriptor(ctx, 'session');
  if (own?.configurable === false || !('session' in ctx)) return () => undefined;
  const restore = (): void => {
    if (own === undefined) Reflect.deleteProperty(ctx, 'session');
    else Object.defineProperty(ctx, 'session', own);
  };
  const watch = (): void => {
    Object.defineProperty(ctx, 'session', {
      configurable: true,
      get(): unknown {
        onRead();
        return unwatched(() => Reflect.get(ctx, 'session'));
      },
      set(value: unknown) {
        onRead();
        unwatched(() => Reflect.set(ctx, 'session', value));
      },
    });
  };
  /** What was there may be a value, an accessor, or the prototype's. */
  const unwatched = <T>(touch: () => T): T => {
    restore();
    try {
      return touch();
    } finally {
      if (own !== undefined && 'value' in own) own.value = Reflect.get(ctx, 'session');
      watch();
    }
  };
  watch();
  return restore;
}
