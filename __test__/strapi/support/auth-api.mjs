/** APIs of a test site: handlers written as text, and their routes. What they count can be asked for. */

const HEADER = `
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** What makes an answer one of something: it is purged by any write to an article. */
const read = () => strapi.db.query('api::article.article').findMany({ where: {}, orderBy: 'id', limit: 2 });
const runs = (globalThis.runs ??= {});
const count = (name) => (runs[name] = (runs[name] ?? 0) + 1);
`;

/** The body of a handler that says who asked. */
export const WHO = `
  await read();
  const { auth, user } = ctx.state;
  const who = user ? 'user ' + user.id : auth?.credentials ? 'token ' + auth.credentials.id : 'public';
  ctx.body = { run, who, email: user?.email ?? null, role: user?.role?.type ?? auth?.credentials?.type ?? null };
`;

/**
 * The files of an API, for `startSite({ files })`.
 *
 * @param {string} name also the first part of its paths
 * @param {Record<string, string>} handlers the body of an async function of `ctx`, which finds `strapi`, `read`, `pause`
 *   and `run`: how often this handler has run
 * @param {object[]} [routes] each `{ handler, path, method, auth, cache, middlewares }`; `cache` is the options of a cache on that
 *   route. Without it every handler has one of its name, behind Strapi's authentication
 */
export function apiOf(name, handlers, routes = Object.keys(handlers).map((handler) => ({ handler }))) {
  const bodies = Object.entries(handlers).map(
    ([handler, body]) => `  async ${handler}(ctx) {\n    const run = count('${name}.${handler}');\n    ${body}\n  },`,
  );
  return {
    [`src/api/${name}/routes/${name}.js`]: `module.exports = { routes: ${JSON.stringify(routes.map((route) => routeOf(name, route)))} };\n`,
    [`src/api/${name}/controllers/${name}.js`]: `${HEADER}module.exports = {\n${bodies.join('\n')}\n};\n`,
  };
}

function routeOf(name, { handler, path = handler, method = 'GET', auth, cache, middlewares = [] }) {
  const own = cache === undefined ? [] : [{ name: 'plugin::upstash.cache', config: cache }];
  return {
    method,
    path: `/${name}/${path}`,
    handler: `${name}.${handler}`,
    config: { ...(auth === false ? { auth } : {}), middlewares: [...middlewares, ...own] },
  };
}

/** Every handler under its own name, for anybody. */
export const open = (handlers, more = []) => [...Object.keys(handlers).map((handler) => ({ handler, auth: false })), ...more];

/** How often a handler has run in that process: `runsOf(site, 'desk.find')`. */
export const runsOf = (site, name) => site.call((_strapi, handler) => globalThis.runs?.[handler] ?? 0, name);

/** The name two processes have in common: the host is part of the key. */
export const HOST = 'blog.example';

/**
 * @param {object} [options] those of `site.request`
 * @param {{ headers?: Record<string, string> }} [options.as] who asks
 */
export async function ask(site, path, { as, headers, ...options } = {}) {
  const answer = await site.request(path, { ...options, headers: { host: HOST, ...as?.headers, ...headers } });
  const isJson = answer.headers['content-type']?.includes('json') && answer.body.length > 0;
  return {
    status: answer.status,
    headers: answer.headers,
    cache: answer.headers['x-cache'],
    told: answer.headers['cache-status'] ?? '',
    /** What is left of the entry's freshness, in s. */
    ttl: Number(/; ttl=(-?\d+)/.exec(answer.headers['cache-status'] ?? '')?.[1]),
    etag: answer.headers.etag,
    bytes: answer.body,
    text: answer.text,
    body: isJson && answer.headers['content-encoding'] === undefined ? answer.json : undefined,
  };
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until it is so; gives what `check` gave. */
export async function until(what, check, ms = 10_000) {
  for (const end = Date.now() + ms; ; await pause(20)) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
  }
}
