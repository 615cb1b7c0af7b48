// Two processes of one site: one database, one Upstash.
import { startSite } from '../../support/strapi-site.mjs';
import { startUpstash } from '../../support/upstash-endpoint.mjs';

/** @param {object} options those of `startSite`; both processes get them */
export async function startTwins(options) {
  const upstash = await startUpstash();
  const env = { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token };
  const a = await startSite({ ...options, env });
  const b = await startSite({ ...options, env, database: a.database });
  const { documentId } = await a.call((strapi) => strapi.documents('api::article.article').findFirst({ status: 'published', sort: 'slug' }));
  const stop = async () => {
    await b.stop();
    await a.stop();
    await upstash.stop();
  };
  return { upstash, a, b, documentId, stop };
}
