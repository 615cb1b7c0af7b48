// What docs/nextjs.md shows works as it stands there.

import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { once } from 'node:events';
import { it } from 'node:test';
import { resolveConfig } from 'strapi-upstash';

const DOCS = new URL('../../docs/nextjs.md', import.meta.url);

const shown = (text) => [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);

/** Imports code as a module of this package. */
async function imported(test, code) {
  const file = new URL(`snippet-${process.pid}.mjs`, import.meta.url);
  await writeFile(file, code);
  test.after(() => rm(file));
  return import(file);
}

it('a list of articles is asked for once', async (test) => {
  const code = shown(await readFile(DOCS, 'utf8')).find((each) => each.includes('listArticles'));
  const asked = [];
  const server = http.createServer((request, response) => {
    asked.push(request.url);
    response.setHeader('content-type', 'application/json');
    response.end('{"data":[{"title":"First"}]}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => server.close());
  process.env.STRAPI_URL = `http://127.0.0.1:${server.address().port}`;
  for (const name of ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN']) delete process.env[name];
  const { listArticles } = await imported(test, code);
  const lists = [await listArticles(1), await listArticles(1), await listArticles(2)];
  assert.deepEqual(lists, Array.from({ length: 3 }, () => ({ data: [{ title: 'First' }] })));
  assert.deepEqual(asked.map((url) => new URL(url, 'http://x').searchParams.get('pagination[page]')), ['1', '2']);
});

it('the route is the one of the example, which a browser tries, and so is the configuration', async () => {
  const snippets = shown(await readFile(DOCS, 'utf8'));
  const route = await readFile(new URL('../../examples/blog/web/app/api/revalidate/route.js', import.meta.url), 'utf8');
  assert.equal(snippets.find((code) => code.includes('export async function POST')), route);
  const { default: next } = await import('../../examples/blog/web/next.config.mjs');
  assert.ok(snippets[0].includes(`serverExternalPackages: ['${next.serverExternalPackages}']`));
});

it('the plugin takes the options', async () => {
  const code = shown(await readFile(DOCS, 'utf8')).find((each) => each.includes('REVALIDATE_URL'));
  const module = { exports: null };
  new Function('module', code)(module);
  const env = (name) => ({ REVALIDATE_URL: 'https://example.com/api/revalidate', REVALIDATE_SECRET: '0123456789abcdef' })[name];
  const { revalidate } = JSON.parse(resolveConfig(JSON.stringify(module.exports({ env }).upstash.config), {}));
  assert.deepEqual(revalidate, { url: env('REVALIDATE_URL'), secret: env('REVALIDATE_SECRET'), timeoutMs: 5_000 });
});
