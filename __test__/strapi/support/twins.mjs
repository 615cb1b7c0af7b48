// Two processes of one site: one database, one Upstash.
import { startSite } from '../../support/strapi-site.mjs';
import { startUpstash } from '../../support/upstash-endpoint.mjs';

/** @param {object} options those of `startSite`; both processes get them */
export async function startTwins(options) {
  const upstash = await startUpstash();
  const started = [upstash];
  const stop = async () => {
    for (const each of started.toReversed()) await each.stop();
  };
  try {
    const env = { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token };
    const a = await startSite({ ...options, env });
    started.push(a);
    const b = await startSite({ ...options, env, database: a.database });
    started.push(b);
    const { documentId } = await a.call((strapi) => strapi.documents('api::article.article').findFirst({ status: 'published', sort: 'slug' }));
    return { upstash, a, b, documentId, stop };
  } catch (error) {
    // A test that never began has nothing to stop.
    await stop();
    throw error;
  }
}
