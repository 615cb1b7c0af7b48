// Builds the Strapi plugin: the server with tsc (CommonJS and types), the admin page with esbuild (CommonJS and ESM).
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PLUGIN = `${ROOT}strapi-plugin`;

// Files of sources that are gone must not be packed.
rmSync(`${PLUGIN}/dist`, { recursive: true, force: true });

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status, error } = spawnSync(process.execPath, [tsc, '--project', `${PLUGIN}/server`], { cwd: ROOT, stdio: 'inherit' });
if (error || status !== 0) {
  if (error) console.error(error.message);
  process.exit(1);
}

for (const [format, outfile] of [
  ['cjs', 'index.js'],
  ['esm', 'index.mjs'],
]) {
  await build({
    entryPoints: [`${PLUGIN}/admin/src/index.ts`],
    outfile: `${PLUGIN}/dist/admin/${outfile}`,
    format,
    bundle: true,
    // The admin panel brings React, its router and the design system: a second copy of any would not work.
    packages: 'external',
    jsx: 'automatic',
    target: 'es2022',
    logLevel: 'warning',
  });
}
