// What docs/qstash.md and the README show of QStash works as it stands there.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { plausible } from './support/answers.mjs';
import { startEndpoint } from './support/endpoint.mjs';
import { KEYS, claimsOf, sign } from './support/signing.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BODY = '{"hello":"world"}';

/** Runs code in which `request`, `rawBody` and `signature` are a delivery to `url`. */
async function run(endpoint, code, url) {
  const signature = sign(claimsOf(BODY, { sub: url }));
  const delivery = `const rawBody = ${JSON.stringify(BODY)}; const signature = '${signature}'; const request = { headers: { 'upstash-signature': signature } };\n`;
  const env = { ...process.env, QSTASH_URL: endpoint.url, QSTASH_TOKEN: 't', QSTASH_CURRENT_SIGNING_KEY: KEYS.currentSigningKey, QSTASH_NEXT_SIGNING_KEY: KEYS.nextSigningKey };
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', delivery + code], { cwd: ROOT, env, timeout: 20_000 });
  assert.equal(stderr, '');
}

const shown = (text) => [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);

it('the snippets of docs/qstash.md send a message and verify a delivery', async (test) => {
  const endpoint = await startEndpoint();
  test.after(() => endpoint.stop());
  endpoint.answer = plausible;
  const snippets = shown(await readFile(join(ROOT, 'docs/qstash.md'), 'utf8'));
  assert.equal(snippets.length, 2);
  await run(endpoint, snippets.join('\n'), 'https://example.com/hooks/newsletter');
  const [{ url, headers, body }] = endpoint.requests;
  assert.equal(url, '/v2/publish/https://example.com/hooks/newsletter');
  assert.deepEqual([headers['upstash-delay'], headers['upstash-retries'], headers['upstash-deduplication-id']], ['5m', '3', 'newsletter-k2x9']);
  assert.deepEqual(JSON.parse(body), { articleId: 'k2x9' });
});

it('the snippet of the README does the same', async (test) => {
  const endpoint = await startEndpoint();
  test.after(() => endpoint.stop());
  endpoint.answer = plausible;
  const snippets = shown(await readFile(join(ROOT, 'README.md'), 'utf8')).filter((code) => code.includes('QStash'));
  assert.equal(snippets.length, 1);
  await run(endpoint, snippets[0], 'https://example.com/hook');
  assert.deepEqual(endpoint.requests.map(({ method, url }) => `${method} ${url}`), ['POST /v2/publish/https://example.com/hook']);
});
