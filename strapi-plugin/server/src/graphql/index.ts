import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ApolloServerPlugin } from '@apollo/server';
import type { Core } from '@strapi/strapi';
import type { Context } from 'koa';
import { fills } from '../fill';
import { mark } from '../http/answer';
import { noMarks } from '../http/fill';
import type { CachingOptions } from '../http/rule';
import { pathTest } from '../paths';
import { graphqlEndpoint } from '../schema';
import type { Site } from '../site';
import { Answers } from './answers';
import { apolloPlugin } from './apollo';
import { watchLoads } from './loads';
import type { Library } from './question';
import { Visit } from './visit';

const CONFIG = 'plugin::graphql';

/** Where GraphQL answers, if it is cached. */
function endpointOf(strapi: Core.Strapi, { enabled, graphql }: CachingOptions): string | undefined {
  if (!enabled || !graphql || strapi.plugin('graphql') === undefined) return undefined;
  const endpoint = graphqlEndpoint(strapi);
  // Of one with parameters it can't be said which requests are for it.
  return /^\/[\w./~-]+$/.test(endpoint) ? endpoint : undefined;
}

/** In register(), before the GraphQL plugin makes its server. */
export function watchGraphql(site: Site): void {
  const { strapi } = site;
  const endpoint = endpointOf(strapi, site.caching);
  if (endpoint === undefined) return;
  const library = libraryOf(site);
  if (library === undefined) return;
  watchLoads(site);
  // A new object: the one that is there may be the default of all sites in this process.
  const apollo = strapi.config.get<{ plugins?: ApolloServerPlugin<object>[] }>(`${CONFIG}.apolloServer`, {});
  const plugin = apolloPlugin(new Answers(site, library, endpoint));
  strapi.config.set(`${CONFIG}.apolloServer`, { ...apollo, plugins: [...(apollo.plugins ?? []), plugin] });
}

/** The `graphql` package of the GraphQL plugin. */
function libraryOf({ strapi, failures }: Site): Library | undefined {
  try {
    const folder = strapi.config.get<string>('enabledPlugins.graphql.pathToPlugin');
    return createRequire(join(folder, 'package.json'))('graphql') as Library;
  } catch (error) {
    failures.note('finding the GraphQL plugin', error);
    return undefined;
  }
}

/** In bootstrap(): stands after the configured list, so that errors and limits are outside, and before the router. */
export function mountGraphql(site: Site): void {
  const endpoint = endpointOf(site.strapi, site.caching);
  if (endpoint === undefined) return;
  const isGraphql = pathTest(endpoint);
  site.strapi.server.use((ctx, next) => (isGraphql(ctx.path) ? visit(site, ctx, next) : next()));
}

async function visit(site: Site, ctx: Context, next: () => Promise<unknown>): Promise<unknown> {
  const reason = reasonToBypass(ctx);
  if (reason !== undefined) {
    ctx.state['upstash'] = noMarks;
    mark(ctx, ['BYPASS', `strapi-upstash; fwd=bypass; detail=${reason}`]);
    return next();
  }
  const visiting = new Visit(site, ctx);
  ctx.state['upstash'] = visiting;
  try {
    return await fills.run(visiting, next);
  } finally {
    visiting.giveUp();
    if (visiting.cacheControl !== undefined && !ctx.res.headersSent) ctx.set('Cache-Control', visiting.cacheControl);
  }
}

/** What in a request forbids to answer it from the cache, before it is known what it asks. */
function reasonToBypass({ req: { headers } }: Context): string | undefined {
  // Any credential, of whatever scheme: what is cached is what the public may see.
  if (headers.authorization !== undefined) return 'authorization';
  const overrides = ['x-http-method-override', 'x-http-method', 'x-method-override'];
  return overrides.some((name) => headers[name] !== undefined) ? 'method-override' : undefined;
}
