// After a write is acknowledged, whoever made it and by whatever way, the next answer is fresh.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startSite } from '../support/strapi-site.mjs';
import { cache, probeApi, status, withoutLimit } from './support/probe-api.mjs';

const ARTICLE = 'api::article.article';
const CATEGORY = 'api::category.category';
const LIST = '/api/articles?populate=category&sort=slug';
const FILTERED = '/api/articles?filters[category][name][$contains]=e&fields=slug&sort=slug';
const REVERSE = '/api/categories?populate=articles&sort=name';

let site;
let articles;
let categories;

before(async () => {
  site = await startSite({ files: { ...probeApi, ...gallery() }, plugins: withoutLimit({ cache: { untagged: true } }) });
  await site.call(allowGallery);
  [articles, categories] = await site.call(async (strapi) => [
    await strapi.documents('api::article.article').findMany({ status: 'published', sort: 'slug' }),
    await strapi.documents('api::category.category').findMany({ sort: 'name' }),
  ]);
});
after(() => site?.stop());

/** A type with all that nests: media, a component, a dynamic zone. */
function gallery() {
  const type = {
    kind: 'collectionType',
    collectionName: 'galleries',
    info: { singularName: 'gallery', pluralName: 'galleries', displayName: 'Gallery' },
    options: { draftAndPublish: false },
    attributes: {
      title: { type: 'string' },
      cover: { type: 'media', multiple: false, allowedTypes: ['images'] },
      seo: { type: 'component', component: 'shared.seo' },
      blocks: { type: 'dynamiczone', components: ['shared.seo'] },
    },
  };
  const seo = { collectionName: 'components_shared_seos', info: { displayName: 'Seo' }, attributes: { text: { type: 'string' } } };
  const core = (kind) => `module.exports = require('@strapi/strapi').factories.createCore${kind}('api::gallery.gallery');\n`;
  return {
    'src/components/shared/seo.json': JSON.stringify(seo),
    'src/api/gallery/content-types/gallery/schema.json': JSON.stringify(type),
    'src/api/gallery/controllers/gallery.js': core('Controller'),
    'src/api/gallery/routes/gallery.js': core('Router'),
    'src/api/gallery/services/gallery.js': core('Service'),
  };
}

async function allowGallery(strapi) {
  const role = await strapi.db.query('plugin::users-permissions.role').findOne({ where: { type: 'public' } });
  await strapi.db.query('plugin::users-permissions.permission').create({ data: { action: 'api::gallery.gallery.find', role: role.id } });
  const file = await strapi.db.query('plugin::upload.file').create({
    data: { name: 'before.png', hash: 'h', ext: '.png', mime: 'image/png', size: 1, url: '/u.png', provider: 'local', folderPath: '/' },
  });
  await strapi.documents('api::gallery.gallery').create({
    data: { title: 'g', cover: file.id, seo: { text: 'seo before' }, blocks: [{ __component: 'shared.seo', text: 'block before' }] },
  });
}

/** Hangs a file into a second gallery. */
function attach(strapi, id) {
  return strapi.documents('api::gallery.gallery').create({ data: { title: 'library', cover: id } });
}

/** Fills and hits `path`, writes, and asks once more: that answer must be made anew and show what was written. */
async function freshAfter(path, change, shows) {
  await site.get(path);
  const hit = await site.get(path);
  assert.deepEqual([hit.status, cache(hit)], [200, 'HIT'], 'was not cached before');
  await change();
  const next = await site.get(path);
  assert.equal(cache(next), 'MISS', 'the old answer was still given');
  if (shows !== undefined) assert.ok(next.text.includes(shows), `the new answer does not show ${shows}`);
}

let count = 0;
const fresh = (text) => `${text} ${(count += 1)}`;

describe('through the content manager:', () => {
  test('an article is saved and published', async () => {
    const title = fresh('Edited');
    const { documentId } = articles[0];
    await freshAfter(LIST, () => site.admin.publish(ARTICLE, documentId, { title }), title);
  });

  test('a category is saved, and the populated article shows it', async () => {
    const name = fresh('Renamed');
    const { documentId } = categories[0];
    await freshAfter(LIST, () => site.admin.save(CATEGORY, documentId, { name }), name);
  });

  test('a category is saved, and lists filtered by it are made anew', async () => {
    await freshAfter(FILTERED, () => site.admin.save(CATEGORY, categories[0].documentId, { name: fresh('Travel') }));
  });

  test('an article is unpublished and published again', async () => {
    const { documentId } = articles[1];
    const action = (name) => site.admin.api('POST', `/content-manager/collection-types/${ARTICLE}/${documentId}/actions/${name}`, {});
    await freshAfter(LIST, () => action('unpublish'));
    await freshAfter(LIST, () => action('publish'));
  });

  test('articles are unpublished and published in bulk', async () => {
    const documentIds = articles.slice(2, 4).map((article) => article.documentId);
    const bulk = (name) => site.admin.api('POST', `/content-manager/collection-types/${ARTICLE}/actions/${name}`, { documentIds });
    await freshAfter(LIST, () => bulk('bulkUnpublish'));
    await freshAfter(LIST, () => bulk('bulkPublish'));
  });

  test('articles are deleted in bulk', async () => {
    const documentIds = [articles.at(-1).documentId];
    await freshAfter('/api/articles?sort=slug:desc', () =>
      site.admin.api('POST', `/content-manager/collection-types/${ARTICLE}/actions/bulkDelete`, { documentIds }),
    );
  });
});

describe('through code:', () => {
  const ways = {
    'the Document Service creates and publishes': (strapi, [{ slug }]) =>
      strapi.documents('api::article.article').create({ data: { title: 'Created', slug: `${slug}-x` }, status: 'published' }),
    'the Document Service updates': (strapi, [{ documentId }]) =>
      strapi.documents('api::article.article').update({ documentId, data: { title: 'Updated' }, status: 'published' }),
    'the Document Service deletes': (strapi, all) =>
      strapi.documents('api::article.article').delete({ documentId: all.at(-2).documentId }),
    'db.query updates one row': async (strapi) => {
      const { id } = await strapi.documents('api::article.article').findFirst({ status: 'published', sort: 'slug' });
      await strapi.db.query('api::article.article').update({ where: { id }, data: { title: 'Row' } });
    },
    'db.query updates many rows': (strapi) =>
      strapi.db.query('api::article.article').updateMany({ where: { title: { $notNull: true } }, data: { content: 'Rows' } }),
    'db.query deletes many rows': (strapi) => strapi.db.query('api::article.article').deleteMany({ where: { slug: { $endsWith: '-x' } } }),
    'db.query creates many rows': (strapi) =>
      strapi.db.query('api::article.article').createMany({ data: [{ title: 'Many', slug: `many-${Date.now()}`, publishedAt: new Date(), locale: 'xx' }] }),
    'a locale is deleted': (strapi) => strapi.db.query('api::article.article').deleteMany({ where: { locale: 'xx' } }),
    'a transaction commits': async (strapi) => {
      const { id } = await strapi.documents('api::article.article').findFirst({ status: 'published', sort: 'slug' });
      await strapi.db.transaction(() => strapi.db.query('api::article.article').update({ where: { id }, data: { title: 'Committed' } }));
    },
    'a document is updated within an outer transaction': (strapi, [{ documentId }]) =>
      strapi.db.transaction(() =>
        strapi.documents('api::article.article').update({ documentId, data: { title: 'Outer' }, status: 'published' }),
      ),
    'a lifecycle hook throws after the row was written': async (strapi) => {
      const { id } = await strapi.documents('api::article.article').findFirst({ status: 'published', sort: 'slug' });
      const unsubscribe = strapi.db.lifecycles.subscribe({
        models: ['api::article.article'],
        afterUpdate() {
          throw new Error('on purpose');
        },
      });
      await strapi.db.query('api::article.article').update({ where: { id }, data: { title: 'Hooked' } }).catch(() => undefined);
      unsubscribe();
    },
    'lifecycles are off, as in an import': async (strapi, [{ id }]) => {
      strapi.db.lifecycles.disable();
      await strapi.db.query('api::article.article').update({ where: { id }, data: { title: 'Imported' } });
      strapi.db.lifecycles.enable();
    },
  };
  for (const [name, way] of Object.entries(ways)) {
    test(name, () => freshAfter(LIST, () => site.call(`return (${way})(strapi, args)`, articles)));
  }

  test('a relation changes from the other side', async () => {
    await freshAfter(REVERSE, () =>
      site.call(
        (strapi, [article, category]) =>
          strapi.documents('api::article.article').update({ documentId: article, data: { category }, status: 'published' }),
        [articles[5].documentId, categories[1].documentId],
      ),
    );
    await freshAfter(LIST, () =>
      site.call(
        (strapi, [category, article]) =>
          strapi.documents('api::category.category').update({ documentId: category, data: { articles: [article] } }),
        [categories[2].documentId, articles[6].documentId],
      ),
    );
  });
});

test('a category with thousands of articles is renamed', async () => {
  const name = fresh('Crowded');
  await freshAfter(
    LIST,
    () =>
      site.call(
        async (strapi, args) => {
          const [{ id }] = await strapi.db.query('api::category.category').findMany({ where: { documentId: args.documentId } });
          const knex = strapi.db.connection;
          const rows = Array.from({ length: 2_100 }, (_, i) => ({ id: 100_000 + i, document_id: `crowd${i}`, title: 'crowd', slug: `zzz-${i}` }));
          await knex.batchInsert('articles', rows, 100);
          await knex.batchInsert('articles_category_lnk', rows.map((row) => ({ article_id: row.id, category_id: id })), 100);
          await strapi.documents('api::category.category').update({ documentId: args.documentId, data: { name: args.name } });
          await knex('articles').where('id', '>=', 100_000).delete();
        },
        { documentId: categories[0].documentId, name },
      ),
    name,
  );
});

describe('through REST:', () => {
  test('an API token updates an article', async () => {
    const token = await site.call(async (strapi) => {
      const created = await strapi.service('admin::api-token').create({ name: 'writer', type: 'full-access', lifespan: null, description: '' });
      return created.accessKey;
    });
    const title = fresh('By token');
    await freshAfter(
      LIST,
      async () => {
        const response = await site.request(`/api/articles/${articles[7].documentId}`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${token}` },
          body: { data: { title } },
        });
        assert.equal(response.status, 200);
      },
      title,
    );
  });
});

test('a user is renamed where an answer shows users', async () => {
  await site.call((strapi) =>
    strapi.db.query('plugin::users-permissions.user').create({ data: { username: 'before', email: 'shown@example.com' } }),
  );
  const rename = (strapi) =>
    strapi.db.query('plugin::users-permissions.user').update({ where: { username: 'before' }, data: { username: 'renamed' } });
  await freshAfter('/api/probe/people', () => site.call(rename), 'renamed');
});

describe('what nests:', () => {
  const path = '/api/galleries?populate=*';

  test('a file is uploaded, edited and deleted through the media library', async () => {
    const library = async (method, where, form) => {
      const response = await fetch(`${site.url}${where}`, {
        method,
        headers: { authorization: `Bearer ${await site.admin.token()}` },
        body: form,
      });
      assert.ok(response.ok, `${response.status} ${await response.clone().text()}`);
      return response.json();
    };
    const upload = new FormData();
    upload.append('files', new Blob(['text'], { type: 'text/plain' }), 'uploaded.txt');
    const [{ id }] = await library('POST', '/upload', upload);
    await freshAfter(path, () => site.call(attach, id), 'uploaded.txt');

    const edit = new FormData();
    edit.append('fileInfo', JSON.stringify({ name: 'edited.txt' }));
    await freshAfter(path, () => library('POST', `/upload?id=${id}`, edit), 'edited.txt');
    await freshAfter(path, () => library('DELETE', `/upload/files/${id}`));
    assert.ok(!(await site.get(path)).text.includes('edited.txt'));
  });

  test('a file is renamed where it is shown', async () => {
    await freshAfter(path, () => site.call((strapi) => strapi.db.query('plugin::upload.file').updateMany({ where: {}, data: { name: 'after.png' } })), 'after.png');
  });

  test('a file is moved into a folder, which no answer shows', async () => {
    const json = (where, body) => site.admin.api('POST', where, body);
    const folder = await json('/upload/folders', { name: 'Moved', parent: null });
    const [file] = await site.call((strapi) => strapi.db.query('plugin::upload.file').findMany({ limit: 1 }));
    await site.get(path);
    await json('/upload/actions/bulk-move', { fileIds: [file.id], destinationFolderId: folder.data.id });
    const cached = await site.get(path);
    const uncached = await site.get(path, { headers: { 'x-http-method-override': 'GET' } });
    assert.equal(cache(uncached), 'BYPASS');
    assert.equal(cached.text, uncached.text);
  });

  test('a component is written by itself', async () => {
    await freshAfter(path, () => site.call((strapi) => strapi.db.query('shared.seo').updateMany({ where: { text: 'seo before' }, data: { text: 'seo after' } })), 'seo after');
  });

  test('a block of a dynamic zone changes', async () => {
    await freshAfter(path, () =>
      site.call(async (strapi) => {
        const { documentId } = await strapi.documents('api::gallery.gallery').findFirst();
        await strapi.documents('api::gallery.gallery').update({ documentId, data: { blocks: [{ __component: 'shared.seo', text: 'block after' }] } });
      }),
    );
  });

  test('a file is deleted', async () => {
    await freshAfter(path, () => site.call((strapi) => strapi.db.query('plugin::upload.file').deleteMany({ where: {} })));
  });
});

describe('nothing is purged by', () => {
  const ways = {
    'a write to an unrelated type': (strapi) => strapi.db.query('api::gallery.gallery').updateMany({ where: {}, data: { title: 'x' } }),
    'a deletion that finds nothing': (strapi) => strapi.db.query('api::article.article').deleteMany({ where: { title: 'nothing' } }),
    'a write that changes nothing': async (strapi) => {
      const { id, publishedAt } = await strapi.documents('api::article.article').findFirst({ status: 'published', sort: 'slug' });
      await strapi.db.query('api::article.article').updateMany({ where: { id: -id }, data: { publishedAt } });
    },
    'a category that no article is in': (strapi) =>
      strapi.db.query('api::category.category').createMany({ data: [{ name: 'Many', slug: `many-${Date.now()}` }] }),
    'a log-in': (strapi) => strapi.db.query('admin::session').deleteMany({ where: { id: -1 } }),
    'a new user': (strapi) =>
      strapi.db.query('plugin::users-permissions.user').create({ data: { username: `u${Date.now()}`, email: `${Date.now()}@example.com` } }),
    'a transaction that is rolled back': (strapi) =>
      strapi.db
        .transaction(async () => {
          await strapi.db.query('api::article.article').updateMany({ where: {}, data: { title: 'Never' } });
          throw new Error('back');
        })
        .catch(() => undefined),
  };
  for (const [name, way] of Object.entries(ways)) {
    test(name, async () => {
      await site.get(LIST);
      assert.equal(cache(await site.get(LIST)), 'HIT');
      await site.call(`await (${way})(strapi); return null;`);
      const next = await site.get(LIST);
      assert.equal(cache(next), 'HIT');
      assert.ok(!next.text.includes('Never'));
    });
  }
});

test('answers of raw SQL are cached where that is allowed, and purged by name', async () => {
  await freshAfter('/api/probe/rawsql', () => site.call((strapi) => strapi.plugin('upstash').service('cache').purgeTags('untagged')));
});

test('a fill that began before a write is not stored after it', async () => {
  const slow = site.get('/api/probe/slow?q=race');
  await new Promise((resolve) => setTimeout(resolve, 150));
  await site.call((strapi) => strapi.db.query('api::article.article').updateMany({ where: {}, data: { title: 'Raced' } }));
  assert.match(status(await slow), /detail=purged/);
  const next = await site.get('/api/probe/slow?q=race');
  assert.equal(cache(next), 'MISS');
  assert.ok(next.text.includes('Raced'));
});

test('who asks after a write does not get the answer of a fill from before it', async () => {
  const early = site.get('/api/probe/slow?q=late');
  await new Promise((resolve) => setTimeout(resolve, 150));
  await site.call((strapi) => strapi.db.query('api::article.article').updateMany({ where: {}, data: { title: 'Overtaken' } }));
  const late = await site.get('/api/probe/slow?q=late');
  assert.ok(late.text.includes('Overtaken'));
  assert.ok(!(await early).text.includes('Overtaken'));
});

test('a permission that is revoked is gone at the next request', async () => {
  const path = '/api/categories?sort=slug';
  await site.get(path);
  assert.equal(cache(await site.get(path)), 'HIT');
  await site.call(async (strapi) => {
    const role = await strapi.db.query('plugin::users-permissions.role').findOne({ where: { type: 'public' } });
    await strapi.db.query('plugin::users-permissions.permission').deleteMany({ where: { action: 'api::category.category.find', role: role.id } });
  });
  assert.equal((await site.get(path)).status, 403);
});
