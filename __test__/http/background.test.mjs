// The request of our own that makes an entry anew while visitors are answered with it. It goes through the application
// like any other, and whatever happens to it there is nobody's trouble.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Readable } from 'node:stream';
import { startApp } from './support/koa-app.mjs';
import { until } from '../support/rest-client.mjs';

const WHILE = { 'cache-control': 'max-age=0, stale-while-revalidate=60' };
const FRESH = { 'cache-control': 'max-age=60' };

/** Until the page is answered with this, and with nothing but `meanwhile` before. */
async function becomes(page, text, meanwhile) {
  await until(async () => {
    const response = await page.get();
    assert.ok([text, meanwhile].includes(response.text), `answered with ${response.text}`);
    return response.text === text;
  });
}

describe('the request in the background', { concurrency: true }, () => {
  it('passes the middlewares of the application, and is as the visitor’s', async () => {
    const passed = [];
    const outer = async (ctx, next) => {
      passed.push([ctx.method, ctx.url, ctx.ip, ctx.host, ctx.secure, ctx.get('X-Trace')]);
      ctx.state.greeting = `hello ${ctx.get('X-Trace')}`;
      await next();
    };
    const app = await startApp({}, { before: [outer] });
    const page = app.page({ headers: WHILE }, (ctx) => ({ headers: FRESH, body: ctx.state.greeting }));
    await page.get({ 'x-trace': 'first' });
    await page.get({ 'x-trace': 'second' });
    await becomes(page, 'hello second', `${page.path} run 1`);
    assert.deepEqual(passed[2], passed[1]);
    await app.stop();
  });

  it('stores nothing under a URL that it was led away from', async () => {
    let requests = 0;
    const experiment = (ctx, next) => {
      requests += 1;
      if (ctx.path === '/page') ctx.url = requests % 2 === 1 ? '/page/a' : '/page/b';
      return next();
    };
    const app = await startApp({}, { before: [experiment] });
    for (const path of ['/page/a', '/page/b']) app.at(path, { headers: WHILE, body: path });
    for (let i = 0; i < 30; i += 1) {
      await app.client.request('/page');
      for (const path of ['/page/a', '/page/b']) assert.equal((await app.client.request(path)).text, path);
    }
    await app.stop();
  });

  it('may be answered further out, and visitors go on being answered', async () => {
    let isClosed = false;
    const app = await startApp({}, { before: [(ctx, next) => (isClosed && ctx.get('X-Visitor') === '' ? ctx.throw(503) : next())] });
    const page = app.page({ headers: WHILE, body: 'old' }, { headers: FRESH, body: 'new' });
    await page.get();
    isClosed = true;
    const refused = await page.get();
    assert.equal(refused.status, 503, 'who is refused further out is refused');
    for (let i = 0; i < 5; i += 1) assert.match((await page.get({ 'x-visitor': '1' })).text, /old|new/);
    isClosed = false;
    await becomes(page, 'new', 'old');
    await app.stop();
  });

  const misfortunes = [
    ['fails further out', (app) => { app.isBroken = true; }],
    ['finds a handler that cuts the connection', (app) => { app.answer = (ctx) => void ctx.req.socket.destroy(); }],
    ['finds a handler that sends by itself', (app) => {
      app.answer = (ctx) => {
        ctx.respond = false;
        ctx.res.end('by hand');
      };
    }],
    ['finds a handler that streams', (app) => { app.answer = () => ({ body: Readable.from(['a', 'b']) }); }],
    ['finds a stream that fails', (app) => {
      app.answer = () => ({ body: new Readable({ read() { this.destroy(new Error('on purpose')); } }) });
    }],
    ['finds something that is private', (app) => { app.answer = () => ({ headers: { 'cache-control': 'private' } }); }],
    ['finds something that is too large', (app) => { app.answer = () => ({ body: 'x'.repeat(3_000_000) }); }],
  ];
  for (const [what, befalls] of misfortunes) {
    it(`that ${what} harms nobody, and the next one is none the worse for it`, async () => {
      const outer = (ctx, next) => {
        if (app.isBroken) throw new Error('on purpose');
        return next();
      };
      const app = await startApp({}, { before: [outer] });
      const page = app.page({ headers: WHILE, body: 'old' }, (ctx, run) => (run === 2 ? app.answer(ctx) : { headers: FRESH, body: 'new' }));
      await page.get();
      app.answer = () => ({ headers: FRESH, body: 'new' });
      // The first visitor is answered before what befalls the request behind it.
      const visitor = page.get();
      befalls(app);
      await visitor;
      if (app.isBroken) app.isBroken = false;
      else await page.ran(2);
      await until(async () => (await page.get()).status === 200);
      assert.equal((await page.get()).complete, true);
      await app.stop();
    });
  }

  it('that never ends keeps nobody waiting', async () => {
    const app = await startApp();
    const page = app.page({ headers: WHILE, body: 'old' }, () => new Promise(() => {}));
    await page.get();
    for (let i = 0; i < 20; i += 1) assert.deepEqual([(await page.get()).text, page.runs <= 2], ['old', true]);
    await app.stop();
  });
});
