import type { Context, Next } from 'koa';
import type { Holding, Place } from './holding';

/** Methods that change nothing, by their definitions (RFC 9110 §9.2.1; WebDAV's RFC 4918, 3253 and 5323; QUERY). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY']);

export const isSafe = (method: string): boolean => SAFE.has(method);

/**
 * A request that may change something makes what is stored under its URL stale, and under those that its answer points to
 * on the same host (RFC 9111 §4.4); unless it failed.
 */
export async function invalidate(holding: Holding, place: Place, ctx: Context, next: Next): Promise<void> {
  const url = ctx.req.url ?? '';
  const { host } = ctx;
  await next();
  if (ctx.status < 200 || ctx.status > 399) return;
  const urls = new Set([url]);
  for (const name of ['Location', 'Content-Location']) {
    const found = sameHost(ctx, url, ctx.response.get(name));
    if (found !== undefined) urls.add(found);
  }
  try {
    const acknowledged = [...urls].filter((each) => place.mayHold(each)).map((each) => holding.engine.purgeUrl(each, host));
    holding.shelf.release();
    await Promise.all(acknowledged);
  } catch (error) {
    holding.failures.note('a purge', error);
  }
}

/** Path and query of a reference, if it leads to the host that was asked. */
function sameHost(ctx: Context, url: string, reference: string): string | undefined {
  if (reference === '') return undefined;
  try {
    const base = new URL(`${ctx.protocol}://${ctx.host}${url}`);
    const target = new URL(reference, base);
    return target.host === base.host && /^https?:$/.test(target.protocol) ? `${target.pathname}${target.search}` : undefined;
  } catch {
    return undefined;
  }
}
