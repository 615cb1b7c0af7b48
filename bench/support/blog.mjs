// The example blog with enough in it to be measured: 500 articles of 2.5 KB each, so that a list of 25 has 60 KB.

import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Random } from '../../__test__/support/random.mjs';
import { PLAIN_MIDDLEWARES, startSite } from '../../__test__/support/strapi-site.mjs';
import { WITHOUT_OURS } from './peers.mjs';

const TMP = fileURLToPath(new URL('../../.tmp', import.meta.url));
const ARTICLES = 500;
/** So many that the answer with one article has 2.5 KB. */
const TEXT_BYTES = 1_900;
/** So many are created in one call, which has a time limit. */
const BATCH = 100;
const SEED = 20_260_601;
const WORDS =
  'answer archive autumn balcony bicycle bread bridge button carpet cellar chapter coffee corner cousin distance drawer ' +
  'engine evening faucet figure forest garden hammer harbour kettle ladder lantern letter market meadow mirror morning ' +
  'neighbour notebook orchard paper pencil pocket quarter question railway recipe river second shelf signal station ' +
  'summer table ticket train umbrella village wagon weather window winter workshop yesterday the a of and in to with ' +
  'was is on that it for as by from we they had not but which when after before under over between every first last';

/**
 * Creates the database once; a site gets a copy, because sites that share a file wait for each other's writes.
 *
 * @returns `{ list, one, articles, database(name), answers(paths), remove() }`: paths on any site with this content, the
 *   database for one more site, and what Strapi itself answers
 */
export async function createBlog() {
  await mkdir(TMP, { recursive: true });
  const folder = await mkdtemp(join(TMP, 'bench-blog-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'template.db');
    const site = await startSite({ plugins: WITHOUT_OURS, middlewares: PLAIN_MIDDLEWARES });
    let documentIds = [];
    try {
      const random = new Random(SEED);
      for (let first = 0; first < ARTICLES; first += BATCH) {
        const data = Array.from({ length: BATCH }, (_, i) => article(random, first + i));
        documentIds = documentIds.concat(await site.call(createArticles, data));
      }
      await copyFile(site.database, file);
    } finally {
      await site.stop();
    }
    return { ...pathsTo(documentIds), database, answers, remove };

    async function database(name) {
      const copy = join(folder, `${name.replaceAll(/\W+/g, '-')}.db`);
      await copyFile(file, copy);
      return copy;
    }
  } catch (error) {
    await remove();
    throw error;
  }

  /** Path to text, as a site without any cache answers. */
  async function answers(paths) {
    const plain = await startSite({ plugins: WITHOUT_OURS, middlewares: PLAIN_MIDDLEWARES, database: join(folder, 'template.db') });
    try {
      const texts = new Map();
      for (const path of paths) texts.set(path, (await plain.get(path)).text);
      return texts;
    } finally {
      await plain.stop();
    }
  }
}

function pathsTo(documentIds) {
  const articles = documentIds.map((documentId) => `/api/articles/${documentId}?populate=category`);
  return { list: listOf(25), one: articles[0], articles };
}

/** The path of one page of articles. */
export function listOf(pageSize, page = 1) {
  return `/api/articles?populate=category&sort=slug&pagination[page]=${page}&pagination[pageSize]=${pageSize}`;
}

/**
 * 500 URLs in the order of their popularity: nine of ten are an article, the others a page of a list, as on a blog.
 *
 * @param {{ articles: string[] }} blog
 */
export function popularPaths({ articles }) {
  const lists = Array.from({ length: 50 }, (_, i) => listOf(10, i + 1));
  return new Random(SEED).shuffled([...articles.slice(0, 450), ...lists]);
}

/** Zipf's law with s = 1: the n-th most popular path is drawn 1/n as often as the first. */
export function drawByZipf(paths, count, seed) {
  const random = new Random(seed);
  const sums = [];
  let total = 0;
  for (let rank = 1; rank <= paths.length; rank += 1) sums.push((total += 1 / rank));
  return Array.from({ length: count }, () => {
    const drawn = random.next() * total;
    return paths[sums.findIndex((sum) => drawn < sum)];
  });
}

function article(random, number) {
  const words = WORDS.split(' ');
  let content = '';
  while (content.length < TEXT_BYTES) content += `${random.pick(words)}${random.chance(0.08) ? '.\n\n' : ' '}`;
  // Sorts before the example's own articles, which are shorter.
  const slug = `a-${String(number).padStart(4, '0')}`;
  return { title: `Article ${number} about the ${random.pick(words)}`, slug, content: content.slice(0, TEXT_BYTES) };
}

// Runs in Strapi, with nothing from around it.
async function createArticles(strapi, articles) {
  const categories = await strapi.documents('api::category.category').findMany({ sort: 'slug' });
  return strapi.db.transaction(async () => {
    const documentIds = [];
    for (const [i, data] of articles.entries()) {
      const category = categories[i % categories.length].documentId;
      const created = await strapi.documents('api::article.article').create({ data: { ...data, category }, status: 'published' });
      documentIds.push(created.documentId);
    }
    return documentIds;
  });
}
