/** An API whose handlers do what handlers do: read, take their time, say private things, fail. */
const HANDLERS = {
  plain: `ctx.body = { run: ++runs, titles: (await read()).map((row) => row.title) };`,
  cookie: `await read(); ctx.body = { name: ctx.cookies.get('name') ?? 'nobody' };`,
  session: `await read(); ctx.body = { visits: ctx.session.visits ?? 0 };`,
  setcookie: `await read(); ctx.cookies.set('a', '1'); ctx.body = {};`,
  private: `await read(); ctx.set('Cache-Control', 'private, no-store'); ctx.body = {};`,
  vary: `await read(); ctx.vary('*'); ctx.body = {};`,
  stream: `await read(); ctx.type = 'text/plain'; ctx.body = Readable.from(['a', 'b']);`,
  text: `await read(); ctx.body = 'text';`,
  buffer: `await read(); ctx.body = Buffer.from([1, 0, 255]);`,
  detached: `await read(); ctx.respond = false; ctx.res.end('by hand');`,
  thrown: `await read(); throw new Error('on purpose');`,
  notfound: `await read(); ctx.notFound();`,
  tagged: `ctx.state.upstash.tag('prices'); ctx.body = { run: ++runs };`,
  marked: `await read(); ctx.state.upstash.bypass('on-sale'); ctx.body = { run: ++runs };`,
  untag: `await read(); await strapi.db.query('api::category.category').findMany({}); ctx.state.upstash.untag('api::category.category'); ctx.body = { run: ++runs };`,
  rawsql: `ctx.body = { count: await strapi.db.connection('articles').count() };`,
  user: `await read(); ctx.state.user = { id: 1 }; ctx.body = {};`,
  slow: `const rows = await read(); await pause(400); ctx.body = { run: ++runs, titles: rows.map((row) => row.title) };`,
  slowprivate: `await read(); await pause(200); ctx.set('Cache-Control', 'private'); ctx.body = { run: ++runs };`,
  slowthrown: `const first = !thrown; thrown = true; await read(); await pause(200); if (first) throw new Error('on purpose'); ctx.body = {};`,
  headers: `await read(); ctx.set({ 'X-Total-Count': '7', 'X-Secret': 's', Age: '30', 'Cache-Control': 'max-age=100' }); ctx.body = {};`,
  shortlived: `await read(); ctx.set('Cache-Control', 's-maxage=1'); ctx.body = { run: ++runs };`,
  unwatched: `await strapi.db.query('plugin::content-releases.release').findMany({}); await read(); ctx.body = { run: ++runs };`,
  people: `ctx.body = { names: (await strapi.db.query('plugin::users-permissions.user').findMany({})).map((user) => user.username) };`,
  large: `await read(); ctx.body = { text: 'x'.repeat(2_000_000) };`,
};

const route = (name, path, middlewares = []) => ({
  method: 'GET',
  path: `/probe/${path}`,
  handler: `probe.${name}`,
  config: { auth: false, middlewares },
});

const ROUTES = [
  ...Object.keys(HANDLERS).map((name) => route(name, name)),
  route('plain', 'limited', [{ name: 'plugin::upstash.rate-limit', config: { limit: 2, window: '60 s' } }]),
  route('plain', 'brief', [{ name: 'plugin::upstash.cache', config: { ttl: '1 s' } }]),
];

/** Overlay of a site, for `startSite({ files })`. */
export const probeApi = {
  'src/api/probe/routes/probe.js': `module.exports = { routes: ${JSON.stringify(ROUTES)} };\n`,
  'src/api/probe/controllers/probe.js': `
const { Readable } = require('node:stream');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const read = () => strapi.db.query('api::article.article').findMany({ where: {}, orderBy: 'id', limit: 2 });
let runs = 0;
let thrown = false;
module.exports = {
${Object.entries(HANDLERS)
  .map(([name, body]) => `  async ${name}(ctx) { ${body} },`)
  .join('\n')}
};
`,
};

export const cache = (response) => response.headers['x-cache'];
export const status = (response) => response.headers['cache-status'] ?? '';

/** A plugin configuration whose limiter stays out of the way. */
export const withoutLimit = (config = {}) => ({
  upstash: { enabled: true, config: { rateLimit: { limit: 1_000_000 }, ...config } },
});
