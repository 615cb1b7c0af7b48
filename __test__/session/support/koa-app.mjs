// A Koa app with koa-session over a store of ours, and visitors of it with cookies of their own.

import { once } from 'node:events';
import { createServer } from 'node:http';
import Koa from 'koa';
import { createSession } from 'koa-session';
import { until } from '../../support/rest-client.mjs';
import { Client } from '../../http/support/client.mjs';

/**
 * @param {object} store
 * @param {object} [options] koa-session's
 */
export async function startApp(store, options = {}) {
  const koa = new Koa();
  koa.keys = ['key'];
  koa.silent = true;
  const gates = new Map();
  let waiting = 0;
  koa.use(createSession({ ...options, store }, koa));
  koa.use(async (ctx) => {
    const { searchParams } = new URL(ctx.url, 'http://a');
    const name = searchParams.get('name');
    const gate = gates.get(searchParams.get('gate'));
    if (gate !== undefined) {
      waiting += 1;
      await gate.opened;
    }
    switch (ctx.path) {
      case '/login':
        ctx.session.name = name;
        break;
      case '/logout':
        ctx.session = null;
        break;
      case '/relogin': {
        // koa-session ends the session, and begins one under the same key.
        const { session } = ctx;
        ctx.session = null;
        await session.manuallyCommit();
        ctx.session = { name };
        break;
      }
      case '/switch':
        await ctx.session.regenerate();
        ctx.session.name = name;
        break;
      default:
    }
    ctx.body = { name: ctx.session?.name ?? null };
  });
  const server = createServer({ keepAliveTimeout: 120_000 }, koa.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref().on('connection', (socket) => socket.unref());
  const client = new Client(server.address().port);
  return {
    koa,
    visitor: (cookies) => new Visitor(client, cookies),
    /** Requests with `gate=<name>` wait for the function returned. */
    gate(name) {
      const gate = {};
      gate.opened = new Promise((resolve) => {
        gate.open = resolve;
      });
      gates.set(name, gate);
      return gate.open;
    },
    reached: (count) => until(() => waiting >= count),
    stop() {
      client.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

export class Visitor {
  constructor(client, cookies = {}) {
    this.client = client;
    this.cookies = { ...cookies };
  }

  async get(path) {
    const cookie = Object.entries(this.cookies).map(([name, value]) => `${name}=${value}`).join('; ');
    const began = Date.now();
    const response = await this.client.request(path, { headers: cookie === '' ? {} : { cookie } });
    for (const line of response.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '') delete this.cookies[name];
      else this.cookies[name] = value;
    }
    return Object.assign(response, { ms: Date.now() - began });
  }

  /** Who the app says this is; the answer is to be a 200. */
  async name(path = '/') {
    const { status, json } = await this.get(path);
    return status === 200 ? json.name : status;
  }

  /** The same cookies in another hand, which does not hear of what this one does. */
  copy() {
    return new Visitor(this.client, this.cookies);
  }
}

/** Collects what is warned of. */
export function warnings(test) {
  const lines = [];
  test.mock.method(console, 'warn', (...words) => lines.push(words.join(' ')));
  return lines;
}
