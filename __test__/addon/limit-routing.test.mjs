// Whom a request counts for, and by which rule, as the plugin asks the addon.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LimitRouting } from '../../index.js';
import { Site } from './support/site.mjs';

const routing = (options = {}) => new LimitRouting(JSON.stringify({ prefix: '/api', rules: [{ match: {} }], ...options }));

describe('the address of a client', () => {
  it('is one for 100,000 forged headers of one peer, and so is the budget', () => {
    const limiter = new Site().engine.limiter(JSON.stringify({ name: 'x', limit: 10, windowMs: 86_400_000 }));
    for (const [options, header] of [
      [{}, (forged) => forged],
      [{ trustedHops: 1 }, (forged) => `${forged}, 2001:db8::7`],
      [{ trustedHops: 2 }, (forged) => `${forged},2001:db8::7, 10.0.0.1`],
      [{ trustedHops: 1, forwardedHeader: 'forwarded' }, (forged) => `for="${forged}", for="[2001:db8::7]:1234";proto=https`],
    ]) {
      const rules = routing(options);
      const peer = options.trustedHops ? '127.0.0.1' : '2001:db8::8';
      const identifiers = new Set();
      let passed = 0;
      for (let i = 0; i < 100_000; i += 1) {
        const forged = `203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
        const identifier = rules.identifier(rules.address(peer, options.trustedHops ? header(forged) : undefined));
        identifiers.add(identifier);
        if (limiter.limitNow(`${JSON.stringify(options)} ${identifier}`).success) passed += 1;
      }
      assert.deepEqual([...identifiers], ['2001:db8::/64'], JSON.stringify(options));
      assert.equal(passed, 10);
    }
  });

  it('is the peer’s where the header is missing, and the oldest true one where it is short', () => {
    const rules = routing({ trustedHops: 2 });
    assert.equal(rules.address('198.51.100.1', undefined), '198.51.100.1');
    assert.equal(rules.address('198.51.100.1', '203.0.113.1'), '203.0.113.1');
  });

  it('is grouped by as many bits of IPv6 as it is told', () => {
    assert.equal(routing({ ipv6Subnet: 56 }).identifier('2001:db8:1:2ff::1'), '2001:db8:1:200::/56');
    assert.equal(routing().identifier('::ffff:203.0.113.1'), '203.0.113.1');
    assert.equal(routing().identifier('nobody'), 'unknown');
  });

  it('is found in a rule’s allow list', () => {
    const rules = routing({ rules: [{ match: {}, allow: ['10.0.0.0/8', '2001:db8::/32'] }, { match: {} }] });
    assert.deepEqual(
      [rules.allows(0, '10.1.1.1'), rules.allows(0, '2001:db8:5::1'), rules.allows(0, '11.1.1.1'), rules.allows(1, '10.1.1.1'), rules.allows(7, '10.1.1.1')],
      [true, true, false, false, false],
    );
  });
});

describe('a rule', () => {
  it('is found by path, method and type, the first that is for the request', () => {
    const rules = routing({
      endpoints: ['/graphql'],
      rules: [
        { match: { paths: ['/api/auth/*'], methods: ['POST'] } },
        { match: { contentTypes: ['api::article.article'] } },
        { match: {} },
      ],
    });
    assert.equal(rules.find('POST', '/API/auth/%6Cocal/'), 0);
    assert.equal(rules.find('GET', '/api/articles', 'api::article.article'), 1);
    assert.equal(rules.find('GET', '/api/articles'), 2);
    assert.equal(rules.find('POST', '/graphql'), 2);
    assert.equal(rules.find('GET', '/admin'), -1);
  });

  it('is refused where it is none', () => {
    assert.throws(() => new LimitRouting('{}'), { code: 'E_CONFIG' });
    assert.throws(() => new LimitRouting(JSON.stringify({ prefix: '/api', rules: [{ match: { path: '/a' } }] })), { code: 'E_CONFIG' });
  });

  it('is found in time that no path makes long', () => {
    const rules = routing({ rules: [{ match: { paths: ['/api/*a*a*a*a*a*b'] } }] });
    const began = performance.now();
    assert.equal(rules.find('GET', `/api/${'a'.repeat(16_000)}`), -1);
    assert.ok(performance.now() - began < 200, `${performance.now() - began} ms`);
  });
});
