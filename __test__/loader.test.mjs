// What a user sees on a machine for which there is no binary.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Loaded before anything else, these make the process believe that it runs somewhere else. */
const MACHINES = {
  'aix ppc64': `Object.defineProperties(process, { platform: { value: 'aix' }, arch: { value: 'ppc64' } });`,
  'linux x64 with musl': `
    Object.defineProperties(process, { platform: { value: 'linux' }, arch: { value: 'x64' } });
    process.report.getReport = () => ({ header: {}, sharedObjects: [] });
  `,
  'linux riscv64 with glibc': `
    Object.defineProperties(process, { platform: { value: 'linux' }, arch: { value: 'riscv64' } });
    process.report.getReport = () => ({ header: { glibcVersionRuntime: '2.39' }, sharedObjects: [] });
  `,
  'win32 arm64': `Object.defineProperties(process, { platform: { value: 'win32' }, arch: { value: 'arm64' } });`,
};

/** The package without its binary, somewhere where no package with a binary can be found. */
async function copyWithoutBinary(t, { files = ['index.js', 'qstash', 'ratelimit', 'redis', 'binding.js'], manifest = {} } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'strapi-upstash-loader-'));
  t.after(() => rm(folder, { recursive: true }));
  await Promise.all(files.map((name) => cp(join(ROOT, name), join(folder, name), { recursive: true })));
  const own = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...own, ...manifest }));
  return folder;
}

async function run(folder, code, { machine = '', flags = [] } = {}) {
  await writeFile(join(folder, 'machine.cjs'), machine);
  return promisify(execFile)(process.execPath, ['--require', './machine.cjs', ...flags, '-e', code], { cwd: folder }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    ({ code: status, stdout, stderr }) => ({ code: status, stdout, stderr }),
  );
}

async function loadError(folder, machine) {
  const { stdout } = await run(
    folder,
    `try { require('./'); } catch ({ name, code, message, cause }) {
      console.log(JSON.stringify({ name, code, message, cause: { code: cause.code, message: cause.message } }));
    }`,
    { machine },
  );
  return JSON.parse(stdout);
}

describe('without a binary', () => {
  for (const [machine, preload] of Object.entries(MACHINES)) {
    it(`the one error on ${machine} names it, how to build, and keeps what went wrong as its cause`, async (t) => {
      const folder = await copyWithoutBinary(t);
      const error = await loadError(folder, preload);
      assert.equal(error.code, 'E_PLATFORM');
      assert.ok(error.message.includes(`on ${machine}.`), error.message);
      assert.match(error.message, /`npm run build`.+Rust/);
      assert.ok(error.cause.message.length > 0);
    });
  }

  it('names this machine too', async (t) => {
    const folder = await copyWithoutBinary(t);
    const error = await loadError(folder);
    assert.equal(error.code, 'E_PLATFORM');
    assert.match(error.message, new RegExp(`on ${process.platform} ${process.arch}\\b`));
  });

  it('names the platform package where there is one that npm has left out', async (t) => {
    const optionalDependencies = { 'strapi-upstash-linux-x64-musl': '0.1.0' };
    const folder = await copyWithoutBinary(t, { manifest: { optionalDependencies } });

    const left = await loadError(folder, MACHINES['linux x64 with musl']);
    assert.match(left.message, /strapi-upstash-linux-x64-musl.+npm install --include=optional/);
    const none = await loadError(folder, MACHINES['aix ppc64']);
    assert.doesNotMatch(none.message, /--include=optional/);
  });

  it('is the same error in a clone where nothing has been built', async (t) => {
    const folder = await copyWithoutBinary(t, { files: ['index.js', 'qstash', 'ratelimit', 'redis'] });
    const error = await loadError(folder);
    assert.equal(error.code, 'E_PLATFORM');
    assert.equal(error.cause.code, 'MODULE_NOT_FOUND');
  });

  it('ends a process that does not catch it with that one message', async (t) => {
    const folder = await copyWithoutBinary(t);
    const { code, stderr } = await run(folder, `require('./')`);
    assert.equal(code, 1);
    assert.equal(stderr.match(/found no binary of its addon/g).length, 1, stderr);
    assert.match(stderr, /code: 'E_PLATFORM'/);
  });

  it('is what an ES module gets as well', async (t) => {
    const folder = await copyWithoutBinary(t);
    const { stdout } = await run(folder, `import('./index.js').catch(({ code }) => console.log(code))`);
    assert.equal(stdout.trim(), 'E_PLATFORM');
  });
});
