// A site as the engine sees it: what the plugin does between Koa and the engine, and no more.

import assert from 'node:assert/strict';
import { Engine, resolveConfig } from '../../../index.js';

export const ARTICLE = 'api::article.article';
export const CATEGORY = 'api::category.category';
export const PAGE = 'api::page.page';

const SCHEMA = {
  prefix: '/api',
  types: {
    [ARTICLE]: { kind: 'type', attributes: { category: { relation: CATEGORY }, blocks: { zone: ['shared.quote'] } } },
    [CATEGORY]: { kind: 'type', attributes: {} },
    [PAGE]: { kind: 'type', precise: true, attributes: { cover: { media: true }, owner: { morph: '*' } } },
    'shared.quote': { kind: 'component', attributes: { source: { relation: PAGE } } },
  },
};

/** Who asks, when it does not matter. */
const SOMEBODY = { host: 'example.com', variant: 0 };

export class Site {
  /** The bodies, by slot: what JavaScript holds for the engine. */
  bodies = [];

  /** `options` are those of config/plugins; `upstash` is an endpoint from startUpstash. */
  constructor({ upstash, ...options } = {}) {
    const credentials = upstash ? { url: upstash.url, token: upstash.token } : {};
    // What one process tells another is a subject of its own: bus.test.mjs.
    const bus = { enabled: false };
    this.engine = new Engine(resolveConfig(JSON.stringify({ ...credentials, bus, ...options }), {}));
    this.engine.setSchema(JSON.stringify(SCHEMA));
    this.prober = this.engine.prober();
  }

  /** The bare look-up: a slot, -1 or -2. Of the scopes it keeps the last, as the engine allows. */
  probe(url, { host, variant } = SOMEBODY) {
    if (this.last?.host !== host || this.last.variant !== variant) {
      this.last = { host, variant, scope: this.engine.scope(host, variant) };
    }
    return this.prober(url, this.last.scope);
  }

  /** What memory answers with, or null. */
  hit(url, who) {
    const slot = this.probe(url, who);
    if (slot < 0) return null;
    assert.notEqual(this.bodies[slot], undefined, `slot ${slot} was given for ${url}, and nothing is in it`);
    return this.bodies[slot];
  }

  open(url, { host, variant } = SOMEBODY) {
    return this.engine.open(url, host, variant);
  }

  /** Begins the fill of a URL that nobody else fills. */
  begin(url, who) {
    const { id, role } = this.open(url, who);
    assert.equal(role, 'leader', `the fill of ${url}`);
    return id;
  }

  /** Ends a fill. `facts` over those of a plain answer with articles; `reads` as a list. */
  land(id, body, { reads = [[ARTICLE, {}]], ...facts } = {}) {
    const plain = { status: 200, setCookie: false, head: '[]', created: Date.now(), tags: [] };
    const all = { ...plain, ...facts, reads: typeof reads === 'string' ? reads : JSON.stringify(reads) };
    const { slot, reason, shareable } = this.engine.finish(id, all, body === null ? null : Buffer.from(body));
    this.release();
    if (slot >= 0) this.bodies[slot] = body;
    return reason === undefined ? { slot, shareable } : { slot, reason, shareable };
  }

  /** Fills a URL at once, without asking Upstash. */
  store(url, body, facts, who) {
    return this.land(this.begin(url, who), body, facts);
  }

  /** Lets go of what the engine freed, and tells how many slots that were. */
  release() {
    const freed = this.engine.drain();
    for (const slot of freed) this.bodies[slot] = undefined;
    return freed.length;
  }

  /** Begins a fill and asks Upstash for it, as every miss does. `found` is null or what Upstash has. */
  async ask(url, who) {
    const id = this.begin(url, who);
    return { id, found: await this.engine.fetch(id) };
  }

  /** The whole way of a request whose handler would answer with `body`: where the answer comes from, and what it is. */
  async visit(url, body, facts) {
    const known = this.hit(url);
    if (known !== null) return ['memory', known];
    const { id, found } = await this.ask(url);
    if (found !== null) {
      const slot = this.engine.adopt(id);
      this.release();
      if (slot >= 0) {
        this.bodies[slot] = String(found.body);
        return ['upstash', this.bodies[slot]];
      }
    }
    const { slot } = this.land(id, body, facts);
    return [slot >= 0 ? 'stored' : 'alone', body];
  }

  get stats() {
    return JSON.parse(this.engine.stats());
  }

  /** The warnings that wait for the log. */
  warnings() {
    const lines = [];
    for (let line; (line = this.engine.takeWarning()) !== null; ) lines.push(line);
    return lines;
  }
}
