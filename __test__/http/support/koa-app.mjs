// A bare Koa app behind the cache, whose pages answer what a test says and note how they were asked.

import { once } from 'node:events';
import { createServer } from 'node:http';
import Koa from 'koa';
import { createCacheMiddleware } from '../../../strapi-plugin/dist/server/koa.js';
import { until } from '../../support/rest-client.mjs';
import { Client } from './client.mjs';

/** What is left to chance is off: a test that is about it turns it on. */
const DEFAULTS = { defaultTtl: '10 m', jitter: 0, earlyRefresh: false };

/**
 * @param {object} [options] those of createCacheMiddleware
 * @param {object} [app]
 * @param {Koa.Middleware[]} [app.before] middlewares that stand before the cache
 * @param {boolean} [app.proxy] Koa's own option
 */
export async function startApp(options = {}, { before = [], proxy = false } = {}) {
  const cache = createCacheMiddleware({ ...DEFAULTS, ...options });
  const koa = new Koa({ proxy });
  // An error that a handler throws on purpose is no news.
  koa.silent = true;
  const app = new App(cache);
  koa.use((ctx, next) => {
    app.pageOf(ctx).received += 1;
    return next();
  });
  for (const middleware of before) koa.use(middleware);
  koa.use(cache);
  koa.use((ctx) => app.pageOf(ctx).answer(ctx));
  // A connection that a client keeps must not end under its next request, however late that comes.
  app.server = createServer({ keepAliveTimeout: 120_000 }, koa.callback()).listen(0, '127.0.0.1');
  await once(app.server, 'listening');
  // A test that fails does not get to its `stop`, and its process is to end all the same.
  app.server.unref().on('connection', (socket) => socket.unref());
  app.client = new Client(app.server.address().port);
  return app;
}

class App {
  pages = new Map();

  constructor(cache) {
    this.cache = cache;
    this.elsewhere = new Page(this, '', [(ctx) => ({ body: ctx.req.url })]);
  }

  /**
   * A page of its own path. Each answer is that of one run, the last one of all further runs: `{ status, headers, body }`,
   * or a function `(ctx, run)` that makes it or writes to `ctx` by itself.
   */
  page(...answers) {
    return this.at(`/page/${this.pages.size}`, ...answers);
  }

  at(path, ...answers) {
    const page = new Page(this, path, answers.length > 0 ? answers : [{}]);
    this.pages.set(path, page);
    return page;
  }

  /** Paths that are nobody's answer with their URL. */
  pageOf(ctx) {
    return this.pages.get(ctx.path) ?? this.elsewhere;
  }

  async stop() {
    this.client.close();
    this.server.closeAllConnections();
    this.server.close();
    await this.cache.close();
  }
}

class Page {
  /** Requests that reached the app, and runs of the handler. */
  received = 0;
  runs = 0;
  /** The request headers of each run. */
  seen = [];
  methods = [];

  constructor(app, path, answers) {
    this.app = app;
    this.path = path;
    this.answers = answers;
  }

  get(headers, options) {
    return this.app.client.request(this.path, { headers, ...options });
  }

  head(headers) {
    return this.app.client.request(this.path, { headers, method: 'HEAD' });
  }

  send(method, options) {
    return this.app.client.request(this.path, { method, ...options });
  }

  async twice(headers) {
    return [await this.get(headers), await this.get(headers)];
  }

  /** Until so many requests reached the app: they are at the cache then. */
  async reached(count) {
    await until(() => this.received >= count);
    // What the last of them does before it waits is done within this turn.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async ran(times) {
    await until(() => this.runs >= times);
  }

  async answer(ctx) {
    const run = (this.runs += 1);
    // A handler that touches the cookie says that it answers by it, so this one doesn't.
    const names = Object.keys(ctx.req.headers).filter((name) => name !== 'cookie');
    this.seen.push(Object.fromEntries(names.map((name) => [name, ctx.req.headers[name]])));
    this.methods.push(ctx.method);
    const planned = this.answers[Math.min(run, this.answers.length) - 1];
    const made = typeof planned === 'function' ? await planned(ctx, run) : planned;
    if (made !== undefined) give(ctx, { body: `${ctx.req.url} run ${run}`, ...made });
  }
}

const EMPTY = new Set([204, 205, 304]);

function give(ctx, { status = 200, headers = {}, body }) {
  ctx.status = status;
  for (const [name, value] of Object.entries(headers)) ctx.set(name, value);
  if (!EMPTY.has(status)) ctx.body = body;
}

/** A point that handlers wait at until the test opens it. */
export function gate() {
  let open;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** A point that opens when so many handlers are there at once. */
export function meeting(count) {
  const { opened, open } = gate();
  let present = 0;
  return function arrive() {
    present += 1;
    if (present === count) open();
    return opened;
  };
}
