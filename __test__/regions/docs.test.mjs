// What docs/regions.md shows works as it stands there, however far the replica is behind.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { useRegions } from './support/regions.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const regions = useRegions();

it('the snippet of docs/regions.md reads what it has written', async () => {
  const text = await readFile(join(ROOT, 'docs/regions.md'), 'utf8');
  const snippets = [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
  assert.equal(snippets.length, 1);
  regions.east.replica.hold();
  const env = {
    ...process.env,
    UPSTASH_REDIS_REST_URL: regions.home.url,
    UPSTASH_REDIS_REST_TOKEN: regions.home.token,
    UPSTASH_REDIS_READ_URL: regions.east.upstash.url,
  };
  const code = `${snippets[0]}\nconsole.log(JSON.stringify(article));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { cwd: ROOT, env, timeout: 20_000 });
  assert.deepEqual(JSON.parse(stdout), { title: 'First' });
  assert.equal(regions.east.upstash.stats.requests, 1);
});
