// The cache on Upstash: what is stored there, and what a purge in one process means for the others.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/rest-client.mjs';
import { onUpstash, shareUpstash } from './support/shared-upstash.mjs';
import { ARTICLE, CATEGORY, PAGE } from './support/site.mjs';

const URL = '/api/articles?sort=title';
const shared = shareUpstash();

describe('an entry on Upstash', () => {
  it('answers every process, with the body, the headers and the time of the answer', async () => {
    const body = '{"data":"Grüße, 世界, \u{1f600}, \\u0000\\n, \u2028"}';
    const created = Date.now() - 5_000;
    const head = '[["content-type","application/json; charset=utf-8"],["x-ünï","–"]]';
    await shared.publish(shared.a, URL, body, { created, head });
    const { id, found } = await shared.b.ask(URL);
    assert.ok(Buffer.from(body).equals(found.body));
    assert.deepEqual({ created: found.created, head: found.head }, { created, head });
    const slot = shared.b.engine.adopt(id);
    assert.ok(slot >= 0);
    assert.deepEqual([shared.b.stats.l2Hits, shared.b.stats.entries], [1, 1]);
    assert.equal(shared.b.open(URL).role, 'leader', 'adopting ended the flight');
  });

  it('is a hash beside its key’s readable name: sequence, tags, meta, the body and how long it is kept when stale', async () => {
    const body = '{"data":"é 世 \u{1f600}"}';
    await shared.publish(shared.a, URL, body, { reads: [[ARTICLE, { populate: ['category'] }]], tags: ['front'] });
    const [key] = await shared.keys();
    assert.match(key, /^strapi:\/api\/articles\?sort=title#[0-9a-f]{32}$/);
    const fields = await shared.redis.command('HGETALL', key);
    const entry = Object.fromEntries(fields.map(String).flatMap((name, i, all) => (i % 2 ? [] : [[name, all[i + 1]]])));
    assert.deepEqual(Object.keys(entry).sort(), ['b', 'k', 'm', 's', 't']);
    assert.ok((await shared.redis.command('HGET', key, 'b')).equals(Buffer.from(`t${body}`)), 'short text stays readable');
    assert.deepEqual(entry.t.split('\n').sort(), ['auth', `t:${CATEGORY}`, `t:${ARTICLE}`, entry.t.match(/^u:[0-9a-f]{16}$/m)[0], 'x:front'].sort());
    assert.equal(entry.s, String(await shared.redis.command('HGET', 'strapi@versions', 'seq')));
    assert.deepEqual(await shared.keys('*'), [key, 'strapi@versions']);
  });

  it('tells its tags to every process where there is a header for them', async () => {
    const options = { cache: { tagHeader: 'Cache-Tag' } };
    const [one, other] = [shared.join(options), shared.join(options)];
    await shared.publish(one, URL, '{}', { tags: ['front'] });
    const { found } = await other.ask(URL);
    assert.ok(found.tags.includes('x:front') && found.tags.includes(`t:${ARTICLE}`), found.tags.join());
    assert.deepEqual((await shared.b.ask(URL)).found.tags, []);
  });

  it('may be as large as memory allows', async () => {
    const body = `{"data":"${'ü'.repeat(500_000)}"}`;
    await shared.publish(shared.a, URL, body);
    assert.equal(await onUpstash(shared.b, URL), body);
  });

  it('lives as long as the answer may, less its age', async () => {
    await shared.publish(shared.a, URL, 'x', { cacheControl: 'max-age=60', age: '20' });
    const [key] = await shared.keys();
    const left = await shared.redis.command('PTTL', key);
    assert.ok(left > 39_000 && left <= 40_000, `${left} ms`);
  });

  it('is found with one request', async () => {
    await shared.publish(shared.a, URL, 'x');
    await onUpstash(shared.b, URL);
    shared.upstash.stats.reset();
    assert.equal(await onUpstash(shared.b, URL), 'x');
    assert.equal(await onUpstash(shared.b, '/api/nothing'), null);
    assert.deepEqual([shared.upstash.stats.requests, shared.upstash.stats.count('EVALSHA')], [2, 2]);
  });

  it('is not asked for while memory has it, and no longer than l1.maxAge', async () => {
    const patient = shared.join({ l1: { maxAge: '500 ms' } });
    await shared.publish(shared.a, URL, 'x');
    assert.deepEqual(await patient.visit(URL), ['upstash', 'x']);
    shared.upstash.stats.reset();
    assert.deepEqual(await patient.visit(URL), ['memory', 'x']);
    assert.equal(shared.upstash.stats.requests, 0);
    await sleep(510);
    assert.deepEqual(await patient.visit(URL), ['upstash', 'x']);
  });

  it('belongs to one prefix, one host, one variant and one schema', async () => {
    await shared.publish(shared.a, URL, 'x');
    const stranger = shared.join({ prefix: 'other' });
    assert.equal(await onUpstash(stranger, URL), null);
    const host = await shared.b.ask(URL, { host: 'other.example', variant: 0 });
    const variant = await shared.b.ask(URL, { host: 'example.com', variant: 2 });
    assert.deepEqual([host.found, variant.found], [null, null]);
    shared.b.engine.setSchema(JSON.stringify({ prefix: '/api', types: {} }));
    shared.b.engine.abandon(host.id);
    assert.equal(await onUpstash(shared.b, URL), null);
  });

  it('that someone else has broken is a miss', async () => {
    await shared.publish(shared.a, URL, 'x');
    const [key] = await shared.keys();
    for (const broken of [
      ['m', 'no JSON'],
      ['s', 'many'],
      ['t', ''],
    ]) {
      await shared.redis.command('HSET', key, ...broken);
      // With no tags at all it still is an entry: nothing could have purged it.
      if (broken[0] !== 't') assert.equal(await onUpstash(shared.b, URL), null, broken.join());
    }
    await shared.redis.command('DEL', key);
    await shared.redis.command('SET', key, 'a string');
    assert.equal(await onUpstash(shared.b, URL), null);
  });
});

describe('a purge in one process', () => {
  const purges = [
    ['of a type', (engine) => engine.purgeTypes([ARTICLE])],
    ['of a tag', (engine) => engine.purgeTags(['front'])],
    ['of a pattern', (engine) => engine.purgePattern('strapi:/api/articles*')],
    ['of everything', (engine) => engine.purgeAll()],
  ];
  for (const [what, purge] of purges) {
    it(`${what} is a miss in every process, once it is acknowledged`, async () => {
      await shared.publish(shared.a, URL, 'old', { tags: ['front'] });
      await shared.publish(shared.a, '/api/pages', 'kept', { reads: [[PAGE, {}]] });
      assert.equal(await onUpstash(shared.b, URL), 'old');
      await purge(shared.a.engine);
      assert.equal(await onUpstash(shared.b, URL), null);
      assert.equal(await onUpstash(shared.a, URL), null);
      assert.equal(await onUpstash(shared.b, '/api/pages'), what === 'of everything' ? null : 'kept');
      await shared.publish(shared.b, URL, 'new', { tags: ['front'] });
      assert.equal(await onUpstash(shared.a, URL), 'new');
    });

    it(`${what} refuses another’s fill that began before it, and takes it out of that one’s memory`, async () => {
      const patient = shared.join({ l1: { maxAge: '60 s' } });
      const { id } = await patient.ask(URL);
      await purge(shared.a.engine);
      // The other process has not heard of the purge, and stores what it has read before.
      assert.ok(patient.land(id, 'old', { tags: ['front'] }).slot >= 0);
      await until(() => patient.hit(URL) === null);
      assert.equal(patient.release(), 1);
      assert.deepEqual(await shared.keys(), []);
    });
  }

  it('is known elsewhere at the latest when the copy in memory is l1.maxAge old', async () => {
    const patient = shared.join({ l1: { maxAge: '300 ms' } });
    await shared.publish(shared.a, URL, 'old');
    await patient.visit(URL);
    const adopted = Date.now();
    await shared.a.engine.purgeTypes([ARTICLE]);
    await until(() => patient.hit(URL) === null);
    const waited = Date.now() - adopted;
    assert.ok(waited <= 1_000, `${waited} ms`);
    assert.equal(await onUpstash(patient, URL), null);
  });

  it('is known elsewhere within l1.maxAge of the read also where a fill is slow and Upstash then fails', async () => {
    const patient = shared.join({ l1: { maxAge: '300 ms' } });
    const { id } = await patient.ask(URL);
    await shared.a.engine.purgeTypes([ARTICLE]);
    await sleep(400);
    await shared.upstash.misbehave('hang');
    // It has read before the purge and can't hear of it: its copy counts from when it began to read.
    patient.land(id, 'old');
    assert.equal(patient.hit(URL), null);
  });

  it('between a look-up and its adoption keeps the old answer out of memory', async () => {
    await shared.publish(shared.a, URL, 'old');
    const { id, found } = await shared.b.ask(URL);
    assert.equal(String(found.body), 'old');
    shared.b.engine.purgeTypes([CATEGORY, ARTICLE]);
    assert.equal(shared.b.engine.adopt(id), -1);
    assert.deepEqual(shared.b.land(id, 'old'), { slot: -1, reason: 'purged', shareable: true });
  });

  it('costs the same for 10,000 keys as for none', async () => {
    const { stats } = shared.upstash;
    const processed = async () => {
      const info = String(await shared.redis.command('INFO', 'stats'));
      return Number(/total_commands_processed:(\d+)/.exec(info)[1]);
    };
    const cost = async () => {
      stats.reset();
      const earlier = await processed();
      await shared.a.engine.purgeTypes([ARTICLE]);
      const names = stats.commands.map(([name]) => name);
      return { requests: stats.requests, names, processed: (await processed()) - earlier };
    };
    await shared.a.engine.purgeTypes([ARTICLE]);
    const few = await cost();
    await shared.publish(shared.a, '/api/articles/0', 'old');
    const [key] = await shared.keys();
    const hash = key.split('#')[1];
    const copy = `for i = 1, 10000 do redis.call('COPY', KEYS[1], 'strapi:/api/articles/' .. i .. '#${hash}') end`;
    await shared.redis.command('EVAL', copy, 1, key);
    assert.equal(await onUpstash(shared.b, '/api/articles/7777'), 'old');
    const many = await cost();
    assert.deepEqual(many, few);
    assert.deepEqual([many.requests, many.names], [1, ['EVALSHA']]);
    assert.equal(await onUpstash(shared.b, '/api/articles/7777'), null);
    assert.equal(await onUpstash(shared.a, '/api/articles/10000'), null);
  });

  it('that has too many versions to keep starts anew, and loses entries but no purge', async () => {
    await shared.publish(shared.a, URL, 'old');
    const fill = `for i = 1, 20001 do redis.call('HSET', KEYS[1], 'x:' .. i, 1) end`;
    await shared.redis.command('EVAL', fill, 1, 'strapi@versions');
    assert.equal(await onUpstash(shared.b, URL), 'old');
    await shared.a.engine.purgeTags(['anything']);
    assert.equal(await shared.redis.command('HLEN', 'strapi@versions'), 2);
    assert.equal(await onUpstash(shared.b, URL), null);
    await shared.publish(shared.b, URL, 'new');
    assert.equal(await onUpstash(shared.a, URL), 'new');
  });

  it('at the same time as others loses none of them', async () => {
    const tags = Array.from({ length: 40 }, (_, i) => `tag ${i}`);
    for (const tag of tags) await shared.publish(shared.a, `/api/articles/${tag.slice(4)}`, tag, { tags: [tag] });
    shared.upstash.stats.reset();
    await Promise.all(tags.flatMap((tag) => [shared.a.engine.purgeTags([tag]), shared.b.engine.purgeTags([tag])]));
    for (const tag of tags) assert.equal(await onUpstash(shared.b, `/api/articles/${tag.slice(4)}`), null, tag);
    assert.equal(shared.a.stats.purgesWaiting, 0);
  });
});

describe('a purge of a tag', () => {
  it('costs one command, however many keys carry it', async () => {
    await shared.publish(shared.a, '/api/articles/0', 'old');
    const [key] = await shared.keys('strapi:/api/articles*');
    const copy = `for i = 1, 100000 do redis.call('COPY', KEYS[1], 'strapi:/api/articles/' .. i .. '#0') end`;
    await shared.redis.command('EVAL', copy, 1, key);
    await shared.a.engine.purgeTypes([PAGE]);
    shared.upstash.stats.reset();
    await shared.a.engine.purgeTypes([ARTICLE]);
    assert.deepEqual(shared.upstash.stats.commands.map(([name]) => name), ['EVALSHA']);
    assert.equal(await onUpstash(shared.b, '/api/articles/0'), null);
    await shared.redis.command('FLUSHALL');
  });
});

describe('a purge of a pattern', () => {
  it('scans and unlinks in batches, and leaves the versions, the limiter and what is not ours', async () => {
    await shared.publish(shared.a, '/api/articles/0', 'old');
    await shared.publish(shared.a, '/api/pages', 'kept', { reads: [[PAGE, {}]] });
    const [key] = await shared.keys('strapi:/api/articles*');
    const copy = `for i = 1, 5000 do redis.call('COPY', KEYS[1], 'strapi:/api/articles/' .. i .. '#0') end`;
    await shared.redis.command('EVAL', copy, 1, key);
    await shared.a.engine.limiter('{"name":"all","limit":5,"windowMs":86400000}').limit('1.2.3.4');
    await shared.redis.command('SET', 'session:1', 'theirs');
    const spared = (await shared.keys('*')).filter((name) => !name.startsWith('strapi:/api/articles'));
    assert.equal(spared.length, 4);
    shared.upstash.stats.reset();

    await shared.a.engine.purgePattern('strapi:/api/articles*');

    assert.deepEqual((await shared.keys('*')).filter((name) => name !== 'strapi@log'), spared);
    const { stats } = shared.upstash;
    assert.ok(stats.requests > 4 && stats.requests < 20, `${stats.requests} requests`);
    // All by scripts: a read by itself may be answered by a replica that lacks the newest keys.
    assert.deepEqual([stats.count('EVAL') + stats.count('EVALSHA'), stats.commands.length], [stats.requests, stats.requests]);
    assert.equal(await onUpstash(shared.b, '/api/pages'), 'kept');
  });

  it('does without a script where Upstash allows none to scan', async () => {
    await shared.a.engine.purgePattern('strapi:/api/articles*');
    await shared.publish(shared.a, URL, 'old');
    let scripts = 0;
    const body = '{"error":"ERR This Redis command is not allowed from script"}';
    // The second of three: before and after it is told that there was a purge.
    await shared.upstash.misbehave('garbage', { body, match: (name) => name === 'EVALSHA' && (scripts += 1) === 2 });
    await shared.a.engine.purgePattern('strapi:/api/articles*');
    assert.equal(scripts, 3);
    assert.deepEqual([shared.upstash.stats.count('SCAN'), shared.upstash.stats.count('UNLINK')], [1, 1]);
    assert.equal(await onUpstash(shared.b, URL), null);
  });

  for (const pattern of ['*', 'strapi*', 'strapi?*']) {
    it(`of '${pattern}' reaches no key that is not an entry of this site`, async () => {
      await shared.publish(shared.a, URL, 'old');
      await shared.a.engine.limiter('{"name":"all","limit":5,"windowMs":86400000}').limit('1.2.3.4');
      await shared.redis.command('SET', 'strapi-sessions:1', 'theirs');
      const spared = (await shared.keys('*')).filter((name) => !name.startsWith('strapi:'));
      await shared.a.engine.purgePattern(pattern);
      assert.deepEqual((await shared.keys('*')).filter((name) => name !== 'strapi@log'), spared);
      assert.equal(await onUpstash(shared.b, URL), null);
    });
  }
});

describe('storing', () => {
  it('delays nobody, and an answer that Upstash does not take stays in memory with one warning', async () => {
    const patient = shared.join({ l1: { maxAge: '60 s' }, deadline: '100 ms' });
    const { id } = await patient.ask(URL);
    await shared.upstash.misbehave('delay', { ms: 1_000 });
    const started = performance.now();
    assert.ok(patient.land(id, 'x').slot >= 0);
    assert.ok(performance.now() - started < 500);
    await until(() => patient.stats.l2Errors === 1);
    assert.match(patient.warnings().join(), /could not be stored on Upstash: Upstash did not answer within 400 ms/);
    assert.equal(patient.hit(URL), 'x');
  });
});
