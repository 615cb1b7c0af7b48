// Signatures: what QStash signs is right for the published Receiver and for ours, and nothing else is.
//
// SEED=… makes other requests, CALLS=… makes more of them.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it, mock } from 'node:test';
import { Receiver as Theirs } from '@upstash/qstash';
import { Receiver as Ours, errors } from '../../index.js';
import { Random } from '../support/random.mjs';
import { KEYS, claimsOf, sign } from './support/signing.mjs';

const CALLS = Number(process.env.CALLS ?? 2_000);
const BODY = '{"title":"größe ✓"}';
const URL_ = 'https://example.com/hook';
const now = () => Math.floor(Date.now() / 1_000);

/** What becomes of a request: `true`, or name and text of the error. */
async function outcome(Receiver, request, config = KEYS) {
  try {
    return await new Receiver(config).verify({ body: BODY, url: URL_, ...request });
  } catch ({ name, message }) {
    return `${name}: ${message}`;
  }
}

async function both(request, config) {
  return { theirs: await outcome(Theirs, request, config), ours: await outcome(Ours, request, config) };
}

const good = (changes, how) => sign(claimsOf(BODY, changes), how);
const { nextSigningKey: key } = KEYS;

const RIGHT = {
  'the current key': { signature: good() },
  'the next key': { signature: good({}, { key }) },
  'no URL to compare': { signature: good({ sub: 'https://other' }), url: undefined },
  'an empty body': { signature: sign(claimsOf('')), body: '' },
  'no body': { signature: sign(claimsOf('')), body: undefined },
  'a body of bytes': { signature: good(), body: Buffer.from(BODY) },
  'a hash with padding': { signature: good({ body: `${claimsOf(BODY).body}=` }) },
  'an expiry within the tolerance': { signature: good({ exp: now() - 5 }), clockTolerance: 60 },
  'a start within the tolerance': { signature: good({ nbf: now() + 30 }), clockTolerance: 60 },
  'no expiry and no start': { signature: good({ exp: undefined, nbf: undefined }) },
  'an expiry between seconds': { signature: good({ exp: now() + 100.5 }) },
  'another type of token': { signature: good({}, { header: { alg: 'HS256', typ: 'JOSE' } }) },
  'no type of token': { signature: good({}, { header: { alg: 'HS256' } }) },
  'claims that nobody knows': { signature: good({ aud: 'x', more: { a: 1 } }) },
};

/** Signed with the next key, so that theirs tells the reason and not that of the key before. */
const WRONG = {
  'another body': { signature: good(), body: `${BODY} ` },
  'another URL': { signature: good(), url: `${URL_}/` },
  'an empty URL': { signature: good(), url: '' },
  'no subject': { signature: good({ sub: undefined }, { key }) },
  'another key': { signature: good({}, { key: 'sig_other' }) },
  'an expiry': { signature: good({ exp: now() - 5 }, { key }) },
  'an expiry beyond the tolerance': { signature: good({ exp: now() - 60 }, { key }), clockTolerance: 30 },
  'an expiry in this second': { signature: good({ exp: now() }, { key }) },
  'a start in the future': { signature: good({ nbf: now() + 60 }, { key }) },
  'an expiry that is text': { signature: good({ exp: 'soon' }, { key }) },
  'a start that is text': { signature: good({ nbf: 'soon' }, { key }) },
  'an issue that is text': { signature: good({ iat: 'soon' }, { key }) },
  'another issuer': { signature: good({ iss: 'upstash' }, { key }) },
  'no issuer': { signature: good({ iss: undefined }, { key }) },
  'claims that are a list': { signature: sign([1], { key }) },
  'claims that are no JSON': { signature: sign('nope', { key }) },
  'something critical': { signature: good({}, { header: { alg: 'HS256', crit: ['x'] } }) },
  'two parts': { signature: good().split('.').slice(0, 2).join('.') },
  'four parts': { signature: `${good()}.x` },
  'no header': { signature: `x${good()}` },
  'text': { signature: 'garbage' },
  'dots': { signature: 'a.b.c' },
  'nothing': { signature: '' },
  'no signature': { signature: undefined },
  'several signatures': { signature: [good()] },
  'a hash of the other base64': { signature: good({ body: 'a+b/c' }, { key }) },
};

/** Refused by both, for reasons that each says in its own way. */
const WRONG_FOR_BOTH = {
  'a space before it': [{ signature: ` ${good()}` }, 'JWS Protected Header is invalid'],
  'no algorithm': [{ signature: good({}, { alg: 'none' }) }, "alg: found 'none'; expected 'HS256'"],
  'an algorithm in lower case': [{ signature: good({}, { header: { alg: 'hs256' } }) }, "alg: found 'hs256'; expected 'HS256'"],
  'no algorithm and a signature': [{ signature: `${good({}, { alg: 'none' })}abc` }, "alg: found 'none'; expected 'HS256'"],
  'a header without algorithm': [{ signature: good({}, { header: {} }) }, "alg: found nothing; expected 'HS256'"],
  'no hash': [{ signature: good({ body: undefined }) }, 'missing required "body" claim'],
  'a hash that is a number': [{ signature: good({ body: 5 }) }, 'missing required "body" claim'],
  'an expiry, signed with the current key': [{ signature: good({ exp: now() - 5 }) }, '"exp" claim timestamp check failed'],
  'a body that was parsed': [{ signature: good(), body: { a: 1 } }, 'body: found a value of type object; expected the body as it came, text or bytes, before anything parsed it'],
};

before(() => {
  mock.method(console, 'warn', () => {});
});

describe('a request of QStash', () => {
  for (const [name, request] of Object.entries(RIGHT)) {
    it(`is right for both with ${name}`, async () => {
      assert.deepEqual(await both(request), { theirs: true, ours: true });
    });
  }

  it('is right while keys are exchanged', async () => {
    const swapped = { currentSigningKey: KEYS.nextSigningKey, nextSigningKey: KEYS.currentSigningKey };
    for (const how of [{}, { key }]) assert.deepEqual(await both({ signature: good({}, how) }, swapped), { theirs: true, ours: true });
  });

  it('may have a body that is no UTF-8, which theirs takes for text', async () => {
    const body = Buffer.from([0, 255, 10]);
    const { theirs, ours } = await both({ signature: sign(claimsOf(body)), body });
    assert.match(theirs, /^SignatureError: body hash does not match/);
    assert.equal(ours, true);
  });

  it('may have a large body', async () => {
    const body = 'x'.repeat(5_000_000);
    assert.equal(await outcome(Ours, { signature: sign(claimsOf(body)), body }), true);
  });
});

describe('a request of somebody else', () => {
  for (const [name, request] of Object.entries(WRONG)) {
    it(`is refused by both for the same reason with ${name}`, async () => {
      const { theirs, ours } = await both(request);
      assert.match(theirs, /^SignatureError: ./);
      assert.equal(ours, theirs);
    });
  }

  for (const [name, [request, reason]] of Object.entries(WRONG_FOR_BOTH)) {
    it(`is refused by both with ${name}`, async () => {
      const { theirs, ours } = await both(request);
      assert.match(theirs, /^\w*Error: ./);
      assert.equal(ours, `SignatureError: ${reason}`);
    });
  }

  it('is refused where it is signed with an algorithm that QStash does not use, which theirs takes', async () => {
    for (const alg of ['HS384', 'HS512']) {
      assert.deepEqual(await both({ signature: good({}, { alg }) }), { theirs: true, ours: `SignatureError: alg: found '${alg}'; expected 'HS256'` });
    }
  });

  it('is refused whatever part of it was changed', async (test) => {
    const random = new Random();
    test.diagnostic(`SEED=${random.seed}`);
    const { pick, int, chance } = random.choices;
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';
    for (let made = 0; made < CALLS; made += 1) {
      const body = Array.from({ length: int(0, 40) }, () => String.fromCodePoint(int(32, 0x2fff))).join('');
      const url = `https://example.com/${int(0, 1e9)}`;
      const signature = sign(claimsOf(body, { sub: url }), chance(0.5) ? {} : { key });
      const request = { signature, body, url };
      assert.deepEqual(await both(request), { theirs: true, ours: true }, `SEED=${random.seed}, request ${made}`);

      const changed = pick([
        () => ({ ...request, body: `${body}${pick(['', ' ', '\0'])}x` }),
        () => ({ ...request, url: `${url}${pick(['/', '?', '#', '0'])}` }),
        () => {
          // The last letter of a part may stand for bits that are not there.
          const at = int(0, signature.length - 3);
          const with_ = pick([...letters].filter((letter) => letter !== signature[at]));
          return { ...request, signature: `${signature.slice(0, at)}${with_}${signature.slice(at + 1)}` };
        },
        () => ({ ...request, signature: signature.slice(0, -int(2, 50)) }),
      ])();
      const found = await both(changed);
      const where = `SEED=${random.seed}, request ${made}: ${JSON.stringify(changed)}`;
      for (const refused of Object.values(found)) assert.match(`${refused}`, /^SignatureError: /, where);
    }
  });
});

describe('the keys', () => {
  const NAMES = ['QSTASH_REGION', 'QSTASH_CURRENT_SIGNING_KEY', 'QSTASH_NEXT_SIGNING_KEY', 'US_EAST_1_QSTASH_CURRENT_SIGNING_KEY', 'US_EAST_1_QSTASH_NEXT_SIGNING_KEY'];
  const saved = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]));
  const environment = (values) => {
    for (const name of NAMES) delete process.env[name];
    Object.assign(process.env, values);
  };
  after(() => {
    environment(Object.fromEntries(Object.entries(saved).filter(([, value]) => value !== undefined)));
  });
  const plain = { QSTASH_CURRENT_SIGNING_KEY: KEYS.currentSigningKey, QSTASH_NEXT_SIGNING_KEY: KEYS.nextSigningKey };
  const regional = { US_EAST_1_QSTASH_CURRENT_SIGNING_KEY: 'use1', US_EAST_1_QSTASH_NEXT_SIGNING_KEY: 'use1-next', QSTASH_REGION: 'US_EAST_1' };

  const cases = [
    ['come from the environment', plain, {}, { signature: good() }, true],
    ['come from the options before the environment', plain, { currentSigningKey: 'x', nextSigningKey: 'y' }, { signature: good() }, false],
    ['may come from both', plain, { currentSigningKey: 'x' }, { signature: good({}, { key }) }, true],
    ['are those of the region', { ...plain, ...regional }, {}, { signature: good({}, { key: 'use1' }), upstashRegion: 'US-EAST-1' }, true],
    ['are not those of another region', { ...plain, ...regional }, {}, { signature: good({}, { key: 'use1' }), upstashRegion: 'EU-CENTRAL-1' }, false],
    ['are those without a region where it has none', { ...plain, ...regional }, {}, { signature: good(), upstashRegion: 'EU-CENTRAL-1' }, true],
    ['are those without a region where none is named', { ...plain, ...regional }, {}, { signature: good({}, { key: 'use1' }) }, false],
    ['are not regional without QSTASH_REGION', { ...plain, ...regional, QSTASH_REGION: '' }, {}, { signature: good({}, { key: 'use1' }), upstashRegion: 'US-EAST-1' }, false],
    ['are those of the options before those of a region', { ...plain, ...regional }, KEYS, { signature: good(), upstashRegion: 'US-EAST-1' }, true],
  ];
  for (const [what, values, config, request, isRight] of cases) {
    it(`${what}, for both`, async () => {
      environment(values);
      const { theirs, ours } = await both(request, config);
      assert.deepEqual([theirs === true, ours === true], [isRight, isRight]);
    });
  }

  it('are both needed', async () => {
    environment({});
    const names = { currentSigningKey: 'currentSigningKey: missing; set QSTASH_CURRENT_SIGNING_KEY', nextSigningKey: 'nextSigningKey: missing; set QSTASH_NEXT_SIGNING_KEY' };
    for (const [lacking, text] of Object.entries(names)) {
      for (const value of [undefined, '']) {
        const receiver = new Ours({ ...KEYS, [lacking]: value });
        await assert.rejects(receiver.verify({ signature: good(), body: BODY }), { code: 'E_CONFIG', message: new RegExp(`^${text}`) });
      }
    }
    // What an empty key would let through.
    const forged = sign(claimsOf(BODY), { key: '' });
    await assert.rejects(new Ours({ ...KEYS, nextSigningKey: '' }).verify({ signature: forged, body: BODY }), { code: 'E_CONFIG' });
  });
});

describe('a SignatureError', () => {
  it('has a class and a stable code', async () => {
    const error = await new Ours(KEYS).verify({ signature: 'x', body: BODY }).catch((reason) => reason);
    assert.ok(error instanceof errors.SignatureError);
    assert.equal(error.code, 'E_QSTASH_SIGNATURE');
  });

  it('does not hold a signature that would be right', async () => {
    const signature = good({}, { key: 'sig_other' });
    const right = createHmac('sha256', KEYS.currentSigningKey).update(signature.split('.').slice(0, 2).join('.')).digest('base64url');
    assert.ok(!(await outcome(Ours, { signature })).includes(right));
  });

  it('is none where the tolerance can not be', async () => {
    for (const clockTolerance of [NaN, -1, Infinity, 'x']) {
      await assert.rejects(new Ours(KEYS).verify({ signature: good(), body: BODY, clockTolerance }), { code: 'E_QSTASH_CALL' });
    }
  });
});
