// The example blog with the GraphQL plugin, and queries whose resolvers do what resolvers do.
import { startSite } from '../../support/strapi-site.mjs';

/** Queries that anybody may ask, each with the type it gives and what its resolver does. */
const QUERIES = {
  slow: ['String', `await read(); await pause(300); return 'run ' + ++runs;`],
  slowfailing: ['String', `await read(); await pause(300); throw new Error('on purpose ' + ++runs);`],
  cookie: ['String', `await read(); return context.koaContext.cookies.get('name') ?? 'nobody';`],
  setcookie: ['String', `await read(); context.koaContext.cookies.set('a', '1'); return 'set';`],
  refused: ['String', `await read(); context.koaContext.status = 403; return 'refused';`],
  language: ['String', `await read(); context.koaContext.vary('Accept-Language'); return context.koaContext.get('accept-language');`],
  outside: ['String', `return 'run ' + ++runs;`],
  rawsql: ['String', `return String((await strapi.db.connection('articles').count())[0]['count(*)']);`],
  marked: ['String', `await read(); context.state.upstash.bypass('on-sale'); return 'run ' + ++runs;`],
  tagged: ['String', `context.state.upstash.tag('prices'); return 'run ' + ++runs;`],
  ownsecond: ['String', `await read(); info.cacheControl.setCacheHint({ maxAge: 1, scope: 'PUBLIC' }); return 'run ' + ++runs;`],
  own: ['String', `await read(); info.cacheControl.setCacheHint({ maxAge: 60, scope: 'PUBLIC' }); return 'run ' + ++runs;`],
  header: ['String', `await read(); context.koaContext.set({ 'Cache-Control': 'max-age=30', 'Content-Language': 'en' }); return 'run ' + ++runs;`],
  ownprivate: ['String', `await read(); info.cacheControl.setCacheHint({ maxAge: 60, scope: 'PRIVATE' }); return 'run ' + ++runs;`],
  echo: ['String', `await read(); return JSON.stringify(args);`, '(text: String = "unsaid", number: Int, list: [Int], where: EchoInput, any: JSON, at: DateTime)'],
};

const INDEX = `
const seed = require('./seed');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let runs = 0;
module.exports = {
  register({ strapi }) {
    const read = () => strapi.db.query('api::article.article').findMany({ where: {}, orderBy: 'id', limit: 2 });
    strapi.plugin('graphql').service('extension').use({
      typeDefs: \`
        input EchoInput { a: Int, b: Int }
        type Query { ${Object.entries(QUERIES).map(([name, [type, , args = '']]) => `${name}${args}: ${type}`).join('\n')} }
      \`,
      resolvers: { Query: {
${Object.entries(QUERIES).map(([name, [, body]]) => `        async ${name}(_parent, args, context, info) { ${body} },`).join('\n')}
      } },
      resolversConfig: { ${Object.keys(QUERIES).map((name) => `'Query.${name}': { auth: false }`).join(', ')} },
    });
  },
  async bootstrap({ strapi }) {
    await seed(strapi);
  },
};
`;

/** What `config/plugins.js` says of the GraphQL plugin; `apollo` is code that goes into `apolloServer`. */
const pluginsFile = (config, graphql, apollo) => `
module.exports = () => ({
  'users-permissions': { config: { jwtManagement: 'refresh' } },
  graphql: {
    enabled: true,
    resolve: '@strapi/plugin-graphql/package.json',
    config: { ...${JSON.stringify({ defaultLimit: 25, maxLimit: 100, depthLimit: 12, ...graphql })}, apolloServer: { introspection: true, ${apollo} } },
  },
  upstash: { enabled: true, config: ${JSON.stringify({ rateLimit: { limit: 1_000_000 }, ...config })} },
});
`;

/** An Apollo plugin of the site's own, which counts what it is asked in what it sends. */
export const COUNTING_PLUGIN = `plugins: [{
  async requestDidStart() {
    return {
      async willSendResponse({ response }) {
        globalThis.sent = (globalThis.sent ?? 0) + 1;
        if (response.body.kind === 'single') response.body.singleResult.extensions = { sent: globalThis.sent };
      },
    };
  },
}],`;

/** Another, which holds a request with the header `x-held` once Strapi has found out what it may do; `release()` lets it go. */
export const HOLDING_PLUGIN = `plugins: [{
  async requestDidStart({ request }) {
    if (request.http.headers.get('x-held') === undefined) return undefined;
    return {
      async didResolveOperation() {
        globalThis.isHeld = true;
        await new Promise((resolve) => { globalThis.release = resolve; });
      },
    };
  },
}],`;

/**
 * @param {object} [options]
 * @param {object} [options.config] of this plugin
 * @param {object} [options.graphql] of the GraphQL plugin
 * @param {string} [options.apollo] code that goes into its `apolloServer`
 * @param {object} [options.files] laid over the site as well
 * @param {object} [options.rest] other options of `startSite`
 */
export const graphqlSite = ({ config, graphql, apollo = '', files = {}, ...rest } = {}) => ({
  files: { 'src/index.js': INDEX, 'config/plugins.js': pluginsFile(config, graphql, apollo), ...files },
  ...rest,
});

/** The public asks. `post(query, variables, operationName)` and `get` of a site give the HTTP answer. */
export function asking(site, path = '/graphql') {
  const post = (query, variables, operationName, headers = {}) =>
    site.request(path, { method: 'POST', body: { query, variables, operationName }, headers });
  const get = (query, variables, headers = {}) => {
    const search = new URLSearchParams({ query, ...(variables === undefined ? {} : { variables: JSON.stringify(variables) }) });
    return site.get(`${path}?${search}`, { headers: { 'apollo-require-preflight': 'true', ...headers } });
  };
  return { post, get, twice: async (...request) => [await post(...request), await post(...request)] };
}

export const startGraphqlSite = (options) => startSite(graphqlSite(options));

/** Runs in Strapi: lets everybody do these things. */
export async function allowPublic(strapi, actions) {
  const role = await strapi.db.query('plugin::users-permissions.role').findOne({ where: { type: 'public' } });
  for (const action of actions) {
    await strapi.db.query('plugin::users-permissions.permission').create({ data: { action, role: role.id } });
  }
}

/** Runs in Strapi: takes that away again. */
export async function forbidPublic(strapi, actions) {
  const role = await strapi.db.query('plugin::users-permissions.role').findOne({ where: { type: 'public' } });
  for (const action of actions) {
    const { id } = await strapi.db.query('plugin::users-permissions.permission').findOne({ where: { action, role: role.id } });
    await strapi.db.query('plugin::users-permissions.permission').delete({ where: { id } });
  }
}
