// The front end of the example in a browser: what an editor publishes is on the page when it is loaded again. Screenshots are
// in .tmp/screenshots.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { choosePort } from '../../scripts/demo/site.mjs';
import { prepareWeb, startWeb } from '../../scripts/demo/web.mjs';
import { ensureChromium } from '../../scripts/system.mjs';
import { startSite } from '../support/strapi-site.mjs';
import { startUpstash } from '../support/upstash-endpoint.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCREENSHOTS = join(ROOT, '.tmp/screenshots');
const ARTICLE = 'api::article.article';
const CATEGORY = 'api::category.category';
const SECRET = 'a-secret-of-the-tests';
/** Quiet: a browser of the tests asks nobody but the front end. */
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** What is told goes by a request of its own, which no write waits for. */
const TOLD_MS = 5_000;

let profile;
let browser;

before(async () => {
  await prepareWeb();
  await mkdir(SCREENSHOTS, { recursive: true });
  profile = await mkdtemp(join(tmpdir(), 'chromium-'));
  const { chromium } = createRequire(join(ROOT, 'examples/blog/web/package.json'))('playwright-core');
  browser = await chromium.launchPersistentContext(profile, { executablePath: ensureChromium(), headless: true, args: FLAGS });
});
after(async () => {
  await browser?.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

for (const store of ['Upstash', 'memory']) {
  describe(`the blog with ${store}`, () => {
    let upstash;
    let site;
    let web;
    let page;
    let article;
    /** The paths of the front end's requests to Strapi. */
    const asked = () => site.log().split('\n').filter((line) => /GET \/api\//.test(line)).length;

    before(async () => {
      upstash = store === 'Upstash' ? await startUpstash() : undefined;
      const shared = upstash ? { UPSTASH_REDIS_REST_URL: upstash.url, UPSTASH_REDIS_REST_TOKEN: upstash.token } : {};
      const port = await choosePort(0);
      site = await startSite({ env: { ...shared, REVALIDATE_URL: `http://127.0.0.1:${port}/api/revalidate`, REVALIDATE_SECRET: SECRET } });
      // Not the database of whoever runs the tests.
      const own = { UPSTASH_REDIS_REST_URL: '', UPSTASH_REDIS_REST_TOKEN: '', CACHE_KEY_PREFIX: '', ...shared };
      web = await startWeb({ port, env: { ...own, STRAPI_URL: site.url, REVALIDATE_SECRET: SECRET } });
      article = await site.call((strapi) => strapi.documents('api::article.article').findFirst({ status: 'published', sort: 'title', populate: ['category'] }));
      page = await browser.newPage();
      // What the start wrote.
      await sleep(500);
    });
    after(async () => {
      await page?.close();
      await web?.stop();
      await site?.stop();
      await upstash?.stop();
    });

    const shot = (name) => page.screenshot({ path: join(SCREENSHOTS, `${store}-${name}.png`), fullPage: true });
    const text = async (path) => {
      const response = await page.goto(`${web.url}${path}`);
      assert.equal(response.status(), 200, `${path}: ${web.log()}`);
      return page.locator('main').innerText();
    };

    /** Loads a page again until it shows this: at once, as far as a person can tell. */
    async function shows(path, wanted) {
      for (const until = Date.now() + TOLD_MS; ; await sleep(50)) {
        const found = await text(path);
        if (found.includes(wanted)) return found;
        assert.ok(Date.now() < until, `${path} does not show ${wanted}:\n${found}`);
      }
    }

    it('shows the list, its pages, an article and the categories, and asks Strapi once for each', async () => {
      assert.match(await text('/'), new RegExp(`${article.title}[^]*Page 1 of 4`));
      await shot('list');
      await page.getByRole('link', { name: 'Next' }).click();
      await page.getByText('Page 2 of 4').waitFor();
      await page.goto(`${web.url}/`);
      await page.getByRole('link', { name: article.title }).click();
      await page.getByRole('heading', { name: article.title }).waitFor();
      await shot('article');
      assert.match(await text('/categories'), /Workshop/);
      const all = asked();
      assert.ok(all >= 4, site.log());
      for (const path of ['/', '/?page=2', `/articles/${article.slug}`, '/categories']) await text(path);
      assert.equal(asked(), all);
    });

    it('shows a new title when it was published, on the list and on its page, and not while it is a draft', async () => {
      const title = `A title of now, with ${store}`;
      await site.admin.save(ARTICLE, article.documentId, { title });
      assert.ok(!(await text('/')).includes(title));
      await site.admin.publish(ARTICLE, article.documentId, { title });
      await shows('/', title);
      await shot('list-edited');
      await shows(`/articles/${article.slug}`, title);
      await shot('article-edited');
    });

    it('shows the new name of a category, also what Next.js keeps by itself', async () => {
      const name = `Renamed, with ${store}`;
      await text('/categories');
      await site.admin.save(CATEGORY, article.category.documentId, { name });
      await shows('/', name);
      await shows('/categories', name);
      await shot('categories-edited');
    });

    it('answers 404 to an article that there is not, until there is', async () => {
      const path = '/articles/quite-new';
      assert.equal((await page.goto(`${web.url}${path}`)).status(), 404);
      await site.call((strapi) =>
        strapi.documents('api::article.article').create({ data: { title: 'Quite new', slug: 'quite-new', content: 'One.\n\nTwo.' }, status: 'published' }),
      );
      for (const until = Date.now() + TOLD_MS; (await page.goto(`${web.url}${path}`)).status() !== 200; await sleep(50)) assert.ok(Date.now() < until);
      assert.match(await page.locator('main').innerText(), /Quite new[^]*One\.[^]*Two\./);
    });

    it('believes nobody without the secret', async () => {
      const answer = await web.request('/api/revalidate', { method: 'POST', body: { types: [], tags: [], everything: true } });
      assert.equal(answer.status, 401);
    });
  });
}
