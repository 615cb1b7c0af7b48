// The types of the clients, checked as a user's project checks them.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const HERE = fileURLToPath(new URL('types', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** The settings that matter of the tsconfig.json which each of them makes for a new project. */
const PROJECTS = {
  Strapi: { module: 'CommonJS', moduleResolution: 'Node', target: 'ES2019', lib: ['ES2020', 'DOM'], esModuleInterop: true, skipLibCheck: true },
  'Next.js': { module: 'esnext', moduleResolution: 'bundler', target: 'ES2017', lib: ['dom', 'dom.iterable', 'esnext'], isolatedModules: true, esModuleInterop: true, skipLibCheck: true },
  'Node.js, with every check': { module: 'nodenext', moduleResolution: 'nodenext', target: 'es2022', lib: ['es2022'], noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
};

describe('the types', () => {
  for (const [name, settings] of Object.entries(PROJECTS)) {
    it(`are what code for Upstash's own packages expects, in a project of ${name}`, async (test) => {
      const folder = await mkdtemp(join(HERE, 'project-'));
      test.after(() => rm(folder, { recursive: true, force: true }));
      const compilerOptions = { ...settings, strict: true, noEmit: true, types: ['node'], ignoreDeprecations: '5.0' };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['../usage.ts', '../upstream.ts', '../ratelimit.ts', '../qstash.ts', '../session.ts'] }));
      const { stdout } = await promisify(execFile)(process.execPath, [TSC, '-p', folder], { cwd: ROOT }).catch((error) => error);
      assert.equal(stdout, '');
    });
  }
});
