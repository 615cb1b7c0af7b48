// What only editors see purges nothing that visitors see, and whatever is written, every cached answer is the one that
// an uncached request gets.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Random } from '../support/random.mjs';
import { startSite } from '../support/strapi-site.mjs';
import { cache, withoutLimit } from './support/probe-api.mjs';

const ARTICLE = 'api::article.article';
const CATEGORY = 'api::category.category';
const REVIEW = 'api::review.review';
const STEPS = 120;

const schema = (singular, plural, draftAndPublish, attributes) =>
  JSON.stringify({
    kind: 'collectionType',
    collectionName: plural,
    info: { singularName: singular, pluralName: plural, displayName: singular },
    options: { draftAndPublish },
    attributes,
  });
const core = (kind, uid) => `module.exports = require('@strapi/strapi').factories.createCore${kind}('${uid}');\n`;

/** Draft & publish on both ends, on one, and targets that are taken away from each other. */
const files = {
  'src/api/review/content-types/review/schema.json': schema('review', 'reviews', true, {
    title: { type: 'string' },
    article: { type: 'relation', relation: 'manyToOne', target: ARTICLE },
    category: { type: 'relation', relation: 'oneToOne', target: CATEGORY, inversedBy: 'review' },
    notes: { type: 'component', repeatable: true, component: 'shared.note' },
  }),
  'src/components/shared/note.json': JSON.stringify({
    collectionName: 'components_shared_notes',
    info: { displayName: 'Note' },
    attributes: { text: { type: 'string' } },
  }),
  'src/api/review/routes/review.js': core('Router', REVIEW),
  'src/api/review/controllers/review.js': core('Controller', REVIEW),
  'src/api/review/services/review.js': core('Service', REVIEW),
  'src/api/category/content-types/category/schema.json': schema('category', 'categories', false, {
    name: { type: 'string', required: true },
    slug: { type: 'uid', targetField: 'name', required: true },
    description: { type: 'text' },
    articles: { type: 'relation', relation: 'oneToMany', target: ARTICLE, mappedBy: 'category' },
    review: { type: 'relation', relation: 'oneToOne', target: REVIEW, mappedBy: 'category' },
  }),
};

const READS = [
  '/api/articles?sort=slug',
  '/api/articles?sort=slug&populate=category',
  '/api/articles?sort=slug&fields=title&pagination[pageSize]=3',
  '/api/articles?sort=slug&filters[category][name][$contains]=a',
  '/api/categories?sort=slug',
  '/api/categories?sort=slug&populate=articles',
  '/api/categories?sort=slug&populate[articles][populate]=category',
  '/api/categories?sort=slug&populate=review',
  '/api/categories?sort=slug&filters[articles][title][$contains]=Draft',
  '/api/categories?sort=slug&filters[review][title][$contains]=Draft',
  '/api/reviews?sort=title',
  '/api/reviews?sort=title&populate=*',
  '/api/reviews?sort=article.title&populate[article][populate]=category',
];

let site;

before(async () => {
  site = await startSite({ files, plugins: withoutLimit() });
  await site.call(async (strapi, uid) => {
    const role = await strapi.db.query('plugin::users-permissions.role').findOne({ where: { type: 'public' } });
    for (const action of ['find', 'findOne']) {
      await strapi.db.query('plugin::users-permissions.permission').create({ data: { action: `${uid}.${action}`, role: role.id } });
    }
  }, REVIEW);
});
after(() => site?.stop());

const get = async (path, headers = {}) => {
  const answer = await site.get(path, { headers });
  assert.equal(answer.status, 200, `${path}: ${answer.text.slice(0, 300)}`);
  return { text: answer.text, cache: cache(answer) };
};
/** As if there were no cache: a header that it does not answer to, and that means nothing to Strapi. */
const fresh = async (path) => {
  const answer = await get(path, { 'x-http-method-override': 'GET' });
  assert.equal(answer.cache, 'BYPASS');
  return answer.text;
};

async function warm() {
  for (const path of READS) await get(path);
}

/** Compares each cached answer with an uncached one; gives those that were still held. */
async function check(context) {
  const held = [];
  for (const path of READS) {
    const cached = await get(path);
    assert.equal(cached.text, await fresh(path), `${context}: ${path} (${cached.cache})`);
    if (cached.cache === 'HIT') held.push(path);
  }
  return held;
}

const first = (uid, status = 'published') =>
  site.call((strapi, args) => strapi.documents(args.uid).findFirst({ status: args.status, sort: 'id' }), { uid, status });

describe('saving a draft', () => {
  const SHOWN = READS.slice(0, 4);
  const ways = {
    'in the content manager': async ({ documentId }) => site.admin.save(ARTICLE, documentId, { title: 'Draft by an editor' }),
    'by the Document Service': ({ documentId }) =>
      site.call((strapi, args) => strapi.documents(args.uid).update({ documentId: args.documentId, data: { title: 'Draft by code' } }), { uid: ARTICLE, documentId }),
    'with another category': async ({ documentId }) => {
      const { documentId: category } = await first(CATEGORY);
      await site.admin.save(ARTICLE, documentId, { category: { connect: [{ documentId: category }], disconnect: [] } });
    },
    'that is new': () => site.call((strapi, uid) => strapi.documents(uid).create({ data: { title: 'Draft, new', slug: `draft-${Date.now()}` } }), ARTICLE),
    'that is a clone': ({ documentId }) =>
      site.call((strapi, args) => strapi.documents(args.uid).clone({ documentId: args.documentId, data: { slug: `clone-${Date.now()}` } }), { uid: ARTICLE, documentId }),
    'that is thrown away again': ({ documentId }) => site.call((strapi, args) => strapi.documents(args.uid).discardDraft({ documentId: args.documentId }), { uid: ARTICLE, documentId }),
  };
  for (const [way, save] of Object.entries(ways)) {
    test(`${way} purges nothing that shows published articles`, async () => {
      const article = await first(ARTICLE);
      await warm();
      await save(article);
      const held = await check(way);
      for (const path of SHOWN) assert.ok(held.includes(path), `${path} was purged`);
    });
  }

  test('and publishing it purges them', async () => {
    const { documentId } = await first(ARTICLE);
    await site.admin.save(ARTICLE, documentId, { title: 'Draft at last' });
    await warm();
    await site.admin.publish(ARTICLE, documentId, { title: 'Draft at last' });
    assert.deepEqual((await check('publish')).filter((path) => SHOWN.includes(path)), []);
    assert.ok((await get(`/api/articles/${documentId}`)).text.includes('Draft at last'));
  });
});

test('what compares published documents with their drafts is not cached', async () => {
  for (const filter of ['modified', 'has-published-version', 'published-with-draft']) {
    for (let i = 0; i < 2; i += 1) assert.equal((await get(`/api/articles?publicationFilter=${filter}`)).cache, 'BYPASS', filter);
  }
});

test(`after each of ${STEPS} random writes every cached answer is what an uncached request gets`, async (t) => {
  const random = new Random(Number(process.env.SEED ?? 5));
  t.diagnostic(`SEED=${random.seed}`);
  const happened = {};
  let held = 0;
  for (let step = 0; step < STEPS; step += 1) {
    await warm();
    const what = random.pick(Object.keys(WRITES));
    const choice = { what, dice: Array.from({ length: 6 }, () => random.next()), step };
    const done = await site.call(doOne, { ...choice, uids: { ARTICLE, CATEGORY, REVIEW }, body: WRITES[what] });
    happened[`${what}${done ? '' : ' (nothing to do)'}`] = (happened[`${what}${done ? '' : ' (nothing to do)'}`] ?? 0) + 1;
    held += (await check(`SEED=${random.seed} step ${step}: ${what}`)).length;
  }
  t.diagnostic(`${JSON.stringify(happened)}; still held after a write: ${((100 * held) / (STEPS * READS.length)).toFixed(0)} %`);
  const kinds = Object.keys(WRITES).filter((what) => happened[what] > 0);
  assert.ok(kinds.length >= 9, JSON.stringify(happened));
});

/** Bodies of functions of `{ strapi, uid, one, some, title, uids }` that write something; false where there is nothing to do. */
const WRITES = {
  'create a draft': 'await strapi.documents(uid).create({ data: { title, slug: title.toLowerCase().replace(/ /g, "-") } });',
  'create and publish': 'await strapi.documents(uid).create({ status: "published", data: { title, slug: title.toLowerCase().replace(/ /g, "-") } });',
  'save a draft': 'if (!one) return false; await strapi.documents(uid).update({ documentId: one.documentId, data: { title } });',
  'save a draft with relations':
    'if (!one) return false; const category = await some(uids.CATEGORY); await strapi.documents(uid).update({ documentId: one.documentId, data: { title, category: category.documentId, ...(uid === uids.REVIEW ? { article: (await some(uids.ARTICLE)).documentId, notes: [{ text: title }] } : {}) } });',
  'publish': 'if (!one) return false; await strapi.documents(uid).publish({ documentId: one.documentId });',
  'unpublish': 'if (!one) return false; await strapi.documents(uid).unpublish({ documentId: one.documentId });',
  'discard a draft': 'if (!one) return false; await strapi.documents(uid).discardDraft({ documentId: one.documentId }); ',
  'delete': 'if (!one) return false; await strapi.documents(uid).delete({ documentId: one.documentId });',
  'clone': 'if (!one || uid === uids.ARTICLE) return false; await strapi.documents(uid).clone({ documentId: one.documentId, data: { title } });',
  'edit a category': 'const category = await some(uids.CATEGORY); await strapi.documents(uids.CATEGORY).update({ documentId: category.documentId, data: { name: title } });',
  'take articles into a category':
    'const category = await some(uids.CATEGORY); const article = await some(uids.ARTICLE); if (!article) return false; await strapi.documents(uids.CATEGORY).update({ documentId: category.documentId, data: { articles: { connect: [article.documentId] } } });',
  'unpublish a row by hand':
    'const row = await strapi.db.query(uid).findOne({ where: { publishedAt: { $notNull: true } } }); if (!row) return false; await strapi.db.query(uid).update({ where: { id: row.id }, data: { publishedAt: null } });',
  'write all rows': 'await strapi.db.query(uid).updateMany({ where: { id: { $gt: 0 } }, data: { title } });',
};

/** Runs in Strapi. */
async function doOne(strapi, { what, dice, step, uids, body }) {
  const uid = dice[0] < 0.6 ? uids.ARTICLE : uids.REVIEW;
  const some = async (type) => {
    const all = await strapi.documents(type).findMany({ sort: 'id' });
    dice.push(dice.shift());
    return all[Math.floor(dice[0] * all.length)];
  };
  const one = await some(uid);
  const AsyncFunction = doOne.constructor;
  const title = `Draft ${step} ${what}`;
  try {
    const result = await new AsyncFunction('strapi', 'uid', 'one', 'some', 'title', 'uids', body)(strapi, uid, one, some, title, uids);
    return result !== false;
  } catch (error) {
    // Such as publishing what is published: it wrote nothing.
    if (error.name === 'ValidationError' || error.name === 'ApplicationError' || error.name === 'NotFoundError') return false;
    throw error;
  }
}
