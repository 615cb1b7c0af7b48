import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ask, pause, until } from './auth-api.mjs';

/**
 * What a client that can decode gets, and one that can't.
 *
 * @param {string} how a word for the tests' names
 * @param {() => object} site has `long` and `plain` among its handlers
 * @param {(name: string) => string} unasked a path of such a handler that nobody has asked for
 * @param {boolean} alone whether nothing else compresses: koa-compress does it for `br;q=0` as well
 */
export function encodings(how, site, unasked, alone) {
  const DECODERS = { br: brotliDecompressSync, gzip: gunzipSync };
  const plainOf = ({ headers, bytes }) => (DECODERS[headers['content-encoding']] ?? ((same) => same))(bytes).toString();
  const asked = (path, encoding, more) => ask(site(), path, { headers: { 'accept-encoding': encoding }, ...more });

  describe(`compresses ${how}`, () => {
    test('a long answer, which is kept as br and as gzip', async () => {
      const path = unasked('long');
      const { text } = await asked(path, 'identity');
      for (const encoding of ['br', 'gzip']) {
        const answer = await until(`it goes out as ${encoding}`, async () => {
          const next = await asked(path, encoding);
          assert.deepEqual([next.status, next.cache, plainOf(next)], [200, 'HIT', text]);
          return next.headers['content-encoding'] === encoding && next;
        });
        assert.ok(answer.bytes.length < text.length / 10, `${answer.bytes.length} bytes`);
        assert.match(answer.headers.vary, /accept-encoding/i);
        assert.match(answer.etag, /^W\//);
        const again = await asked(path, encoding, { headers: { 'accept-encoding': encoding, 'if-none-match': answer.etag } });
        assert.deepEqual([again.status, again.bytes.length], [304, 0]);
        const head = await asked(path, encoding, { method: 'HEAD' });
        assert.deepEqual([head.status, head.cache, head.bytes.length], [200, 'HIT', 0]);
      }
    });

    test('for those who ask for it, and as they prefer', async () => {
      const path = unasked('long');
      const { text } = await asked(path, 'identity');
      for (const encoding of ['br', 'gzip']) {
        await until(encoding, async () => (await asked(path, encoding)).headers['content-encoding'] === encoding);
      }
      const expected = {
        'gzip, deflate, br': 'br', 'br;q=0, gzip': 'gzip', BR: 'br', 'br;q=0.5, gzip;q=1': 'gzip', 'zstd, br': 'br',
        identity: undefined, '': undefined,
        ...(alone ? { 'gzip;q=0, br;q=0': undefined, 'deflate;q=0': undefined, 'identity, br;q=0.5': undefined } : {}),
      };
      for (const [encoding, sent] of Object.entries(expected)) {
        const answer = await asked(path, encoding);
        assert.equal(plainOf(answer), text, encoding);
        assert.deepEqual([answer.cache, answer.headers['content-encoding']], ['HIT', sent], `'${encoding}'`);
      }
    });

    test('nothing that is short', async () => {
      const path = unasked('plain');
      for (let i = 0; i < 6; i += 1) {
        const answer = await asked(path, 'br');
        assert.deepEqual([answer.status, answer.headers['content-encoding']], [200, undefined]);
        await pause(30);
      }
    });

    test('what is new after a purge, and never what was before', async () => {
      const path = unasked('long');
      for (let round = 0; round < 3; round += 1) {
        const { body } = await asked(path, 'identity');
        await until('br', async () => {
          const answer = await asked(path, 'br');
          assert.equal(JSON.parse(plainOf(answer)).run, body.run);
          return answer.headers['content-encoding'] === 'br';
        });
        await site().call((strapi) => strapi.plugin('upstash').service('cache').purgeAll());
      }
    });
  });
}
