// The admin page's two routes: who may use them, and that they do what the page says.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startSite } from '../support/strapi-site.mjs';
import { cache, withoutLimit } from './support/probe-api.mjs';

const LIST = '/api/articles?sort=slug';
let site;

before(async () => {
  site = await startSite({ plugins: withoutLimit() });
});
after(() => site?.stop());

test('nobody gets in without an account, and no account without the permission', async () => {
  assert.equal((await site.get('/upstash/status')).status, 401);
  assert.equal((await site.request('/upstash/purge', { method: 'POST', body: { all: true } })).status, 401);

  const account = { email: 'editor@example.com', password: 'Correct-horse-8' };
  await site.call(async (strapi, { email, password }) => {
    const role = await strapi.db.query('admin::role').findOne({ where: { code: 'strapi-editor' } });
    await strapi.service('admin::user').create({ email, password, firstname: 'E', isActive: true, registrationToken: null, roles: [role.id] });
  }, account);
  const login = await site.request('/admin/login', { method: 'POST', body: account });
  const headers = { authorization: `Bearer ${login.json.data.token}` };
  assert.equal((await site.get('/upstash/status', { headers })).status, 403);
  assert.equal((await site.request('/upstash/purge', { method: 'POST', headers, body: { all: true } })).status, 403);
});

test('the status counts what happened', async () => {
  await site.get(LIST);
  await site.get(LIST);
  const status = await site.admin.api('GET', '/upstash/status');
  const found = status.data ?? status;
  assert.equal(found.store, 'memory');
  assert.ok(found.hits >= 1 && found.misses >= 1 && found.entries >= 1 && found.bytes > 0, JSON.stringify(found));
});

test('a purge by pattern, by type and of everything takes effect', async () => {
  for (const body of [{ pattern: 'strapi:/api/articles*' }, { types: ['api::article.article'] }, { all: true }]) {
    await site.get(LIST);
    assert.equal(cache(await site.get(LIST)), 'HIT');
    await site.admin.api('POST', '/upstash/purge', body);
    assert.equal(cache(await site.get(LIST)), 'MISS', JSON.stringify(body));
  }
});
