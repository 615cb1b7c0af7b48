// What a write takes away, and what purges do. RFC 9111 §4.4.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startApp } from './support/koa-app.mjs';

let app;
before(async () => {
  app = await startApp();
});
after(() => app?.stop());

/** A page for GET that answers writes as told. */
const writable = (answer, site = app) =>
  site.page((ctx, run) => (ctx.method === 'GET' ? { body: `run ${run}` } : typeof answer === 'function' ? answer(ctx) : answer));

/** Stores the pages, lets `write` happen, and tells which are still stored. */
async function leftAfter(write, ...pages) {
  for (const page of pages) {
    await page.get();
    assert.equal((await page.get()).cache, 'HIT');
  }
  await write();
  const left = [];
  for (const page of pages) left.push((await page.get()).cache === 'HIT');
  return left;
}

describe('a write to a URL', { concurrency: true }, () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPPATCH', 'MKCOL', 'LOCK', 'PURGE']) {
    it(`with ${method} takes away what is stored for it`, async () => {
      const page = writable({ status: 200 });
      assert.deepEqual(await leftAfter(() => page.send(method), page), [false]);
      assert.equal((await page.get()).cache, 'HIT', 'it is stored again afterwards');
    });
  }

  for (const method of ['HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'REPORT', 'SEARCH']) {
    it(`is none with ${method}`, async () => {
      const page = writable({ status: 200 });
      assert.deepEqual(await leftAfter(() => page.send(method), page), [true]);
    });
  }

  for (const status of [200, 201, 202, 204, 205, 301, 302, 303, 307, 308]) {
    it(`that is answered with ${status} takes it away`, async () => {
      const page = writable({ status });
      assert.deepEqual(await leftAfter(() => page.send('POST'), page), [false]);
    });
  }

  for (const status of [400, 401, 403, 404, 409, 412, 422, 429, 500, 502, 503]) {
    it(`that fails with ${status} does not`, async () => {
      const page = writable({ status });
      assert.deepEqual(await leftAfter(() => page.send('POST'), page), [true]);
    });
  }

  it('whose handler throws does not', async () => {
    const page = writable(() => { throw new Error('on purpose'); });
    assert.deepEqual(await leftAfter(() => page.send('DELETE'), page), [true]);
  });

  it('by somebody with a credential does as well', async () => {
    const page = writable({ status: 204 });
    const write = () => page.send('DELETE', { headers: { authorization: 'Bearer x' } });
    assert.deepEqual(await leftAfter(write, page), [false]);
  });

  it('is done when it is answered', async () => {
    const page = writable({ status: 200 });
    for (let i = 0; i < 30; i += 1) {
      await page.get();
      await page.send('POST');
      assert.equal((await page.get()).cache, 'MISS', `round ${i}`);
    }
  });

  it('that streams its answer takes it away too', async () => {
    const { Readable } = await import('node:stream');
    const page = writable(() => ({ body: Readable.from(['done']) }));
    assert.deepEqual(await leftAfter(() => page.send('POST'), page), [false]);
  });

  it('is never stored itself', async () => {
    const page = writable((ctx) => ({ headers: { 'cache-control': 'public, max-age=60', 'content-location': ctx.path }, body: 'written' }));
    for (let i = 0; i < 2; i += 1) assert.equal((await page.send('POST')).text, 'written');
    assert.equal(page.runs, 2);
    assert.match((await page.get()).text, /^run/);
  });

  it('leaves what only looks like it', async () => {
    const page = writable({ status: 204 });
    const ends = ['?x', '?', '/', '/deeper', 'more', ';x', '%20'];
    const twins = ends.map((end) => ({ get: () => app.client.request(page.path + end) }));
    assert.deepEqual(await leftAfter(() => page.send('POST'), page, ...twins), [false, ...twins.map(() => true)]);
  });

  it('takes away only itself where its URL looks like a pattern', async () => {
    for (const path of ['/glob/*', '/glob/?a', '/glob/[a-z]', '/glob/\\a', '/*']) {
      const url = (text) => ({ get: () => app.client.request(text) });
      const others = ['/glob/a', '/glob/b', '/glob/*/c', '/glob/', '/glob/\\a\\'].map(url);
      const write = () => app.client.request(path, { method: 'POST' });
      assert.deepEqual(await leftAfter(write, url(path), ...others), [false, ...others.map(() => true)], path);
      await app.cache.purgePattern('cache:/glob/*');
    }
  });

  it('leaves the same URL of another host', async () => {
    const page = writable({ status: 204 });
    const ofHost = (host) => ({ get: () => page.get({ host }) });
    const write = () => page.send('POST', { headers: { host: 'a.example' } });
    assert.deepEqual(await leftAfter(write, ofHost('a.example'), ofHost('b.example')), [false, true]);
  });
});

describe('a write that names another URL', { concurrency: true }, () => {
  const host = 'a.example:8080';
  const asked = (path) => ({ get: () => app.client.request(path, { headers: { host } }) });

  for (const name of ['Location', 'Content-Location']) {
    const spellings = [
      ['as a path', (path) => path, true],
      ['as a whole URL', (path) => `http://${host}${path}`, true],
      ['of this host in capitals', (path) => `http://A.EXAMPLE:8080${path}`, true],
      ['without a scheme', (path) => `//${host}${path}`, true],
      ['with a fragment', (path) => `${path}#top`, true],
      ['relative to its own', (path) => `../..${path}`, true],
      ['of another host', (path) => `http://b.example${path}`, false],
      ['of another port', (path) => `http://a.example:9090${path}`, false],
      ['of another host without a scheme', (path) => `//b.example${path}`, false],
      ['of this host as a user', (path) => `http://${host}@b.example${path}`, false],
      ['of no scheme of ours', (path) => `ftp://${host}${path}`, false],
    ];
    for (const [how, spelt, gone] of spellings) {
      it(`in ${name} ${how} ${gone ? 'takes that away as well' : 'leaves that alone'}`, async () => {
        const named = app.page({});
        const path = `${named.path}?a=b%2fc`;
        const page = app.at(`/writes/${name}/${how.replaceAll(' ', '-')}`, { status: 201, headers: { [name]: spelt(path) } });
        const write = () => page.send('POST', { headers: { host } });
        assert.deepEqual(await leftAfter(write, asked(path), asked(named.path)), [!gone, true]);
      });
    }

    it(`in ${name} leaves that alone when it fails`, async () => {
      const named = app.page({});
      const page = writable({ status: 409, headers: { [name]: named.path } });
      assert.deepEqual(await leftAfter(() => page.send('PUT'), named), [true]);
    });

    it(`in ${name} is answered even if that is no URL`, async () => {
      for (const value of ['http://[', '//', '%%%', ':', 'http://a.example:99999/x', ' ', '\u00e4']) {
        const page = writable({ status: 201, headers: { [name]: value } });
        assert.equal((await page.send('POST')).status, 201, value);
      }
    });
  }

  it('names it by the host that was asked, whatever the path of the write', async () => {
    const named = app.page({});
    app.at('//b.example/x', { status: 201, headers: { location: `http://${host}${named.path}` } });
    const write = () => app.client.request('//b.example/x', { method: 'POST', headers: { host } });
    assert.deepEqual(await leftAfter(write, asked(named.path)), [false]);
  });

  it('in both takes both away', async () => {
    const [one, other] = [app.page({}), app.page({})];
    const page = writable({ status: 201, headers: { location: one.path, 'content-location': other.path } });
    assert.deepEqual(await leftAfter(() => page.send('POST'), one, other), [false, false]);
  });

  it('leaves that alone when it is no write', async () => {
    const named = app.page({});
    const page = app.page({ status: 301, headers: { location: named.path } });
    assert.deepEqual(await leftAfter(() => page.get(), named), [true]);
  });
});

describe('a purge', { concurrency: true }, () => {
  /** Three pages with the tags that they have. */
  const site = async (options) => {
    const own = await startApp({ ...options });
    const tagged = (path, ...tags) =>
      own.at(path, (ctx) => {
        ctx.state.upstash.tag(...tags);
        return {};
      });
    return { own, pages: [tagged('/a/1', 'x', 'front page'), tagged('/a/2', 'y'), tagged('/b/1', 'x', 'y')] };
  };
  const purges = [
    ['of a tag', (cache) => cache.purgeTags('x'), [false, true, false]],
    ['of a tag with a space', (cache) => cache.purgeTags('front page'), [false, true, true]],
    ['of several tags', (cache) => cache.purgeTags('y', 'front page'), [false, false, false]],
    ['of a tag that nobody has', (cache) => cache.purgeTags('z', 'front'), [true, true, true]],
    ['of a URL', (cache) => cache.purgePattern('cache:/a/1'), [false, true, true]],
    ['of a pattern', (cache) => cache.purgePattern('cache:/a*'), [false, false, true]],
    ['of a pattern of another prefix', (cache) => cache.purgePattern('other:/a*'), [true, true, true]],
    ['of everything', (cache) => cache.purgeAll(), [false, false, false]],
  ];
  for (const [what, purge, left] of purges) {
    it(`${what} takes away what it is about, before it resolves`, async () => {
      const { own, pages } = await site();
      assert.deepEqual(await leftAfter(() => purge(own.cache), ...pages), left);
      await own.stop();
    });
  }

  it('of a pattern begins with the prefix that was chosen', async () => {
    const { own, pages } = await site({ prefix: 'shop' });
    assert.deepEqual(await leftAfter(() => own.cache.purgePattern('cache:*'), ...pages), [true, true, true]);
    assert.deepEqual(await leftAfter(() => own.cache.purgePattern('shop:/b/*'), ...pages), [true, true, false]);
    await own.stop();
  });

  it('leaves other caches of the process alone', async () => {
    const [one, other] = [await site(), await site()];
    await one.pages[0].twice();
    assert.deepEqual(await leftAfter(() => one.own.cache.purgeAll(), ...other.pages), [true, true, true]);
    await one.own.stop();
    await other.own.stop();
  });
});
