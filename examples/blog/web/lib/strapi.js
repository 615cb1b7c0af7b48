import { cached } from 'strapi-upstash/next';

const STRAPI = process.env.STRAPI_URL ?? 'http://127.0.0.1:1337';
const ARTICLE = 'api::article.article';
const CATEGORY = 'api::category.category';
const PAGE_SIZE = 10;
/** For half an hour, and ten minutes longer while it is loaded anew. A publish ends both. */
const KEPT = { ttl: '30 m', swr: '10 m' };

/** @param {RequestInit & { next?: object }} [options] */
async function ask(path, options = { cache: 'no-store' }) {
  const response = await fetch(`${STRAPI}/api/${path}`, options);
  if (!response.ok) throw new Error(`Strapi answered ${response.status} to ${path}`);
  return response.json();
}

export async function listArticles(page) {
  const query = `sort=title&fields[0]=title&fields[1]=slug&populate=category&pagination[page]=${page}&pagination[pageSize]=${PAGE_SIZE}`;
  // The categories' names are shown as well.
  const options = { ...KEPT, tags: [ARTICLE, CATEGORY] };
  const { data, meta } = await cached(`articles:${page}`, options, () => ask(`articles?${query}`));
  return { articles: data, pages: meta.pagination.pageCount };
}

/** Undefined where there is none. */
export async function findArticle(slug) {
  const query = `filters[slug][$eq]=${encodeURIComponent(slug)}&populate=category`;
  const options = { ...KEPT, tags: [ARTICLE, CATEGORY] };
  const { data } = await cached(`article:${slug}`, options, () => ask(`articles?${query}`));
  return data[0];
}

/** Kept by Next.js and not by `cached`: Strapi's webhook ends it, by these tags. */
export async function listCategories() {
  const next = { tags: [ARTICLE, CATEGORY], revalidate: 1800 };
  const { data } = await ask('categories?sort=name&populate[articles][fields][0]=title', { cache: 'force-cache', next });
  return data;
}
