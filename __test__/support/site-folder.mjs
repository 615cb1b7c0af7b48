// The files of a test site: the example blog, what a test lays over it, and a database that is already seeded.
import { createHash, randomBytes } from 'node:crypto';
import { cp, copyFile, mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/blog');
// Inside the repository, so that Node finds its node_modules on the way up.
const SITES = join(ROOT, '.tmp/sites');
const TEMPLATES = join(ROOT, '.tmp/site-databases');
const COPIED = ['config', 'src', 'public', 'database', 'favicon.png', 'package.json'];

/** Long enough for the slowest first start on a busy machine. */
const SEEDING_TIMEOUT_MS = 180_000;

/** @returns {Promise<string>} a new folder with the example's files in it */
export async function createFolder({ plugins, middlewares, files = {} } = {}) {
  const folder = join(SITES, randomBytes(6).toString('hex'));
  await mkdir(join(folder, '.tmp'), { recursive: true });
  await Promise.all(COPIED.map((name) => cp(join(EXAMPLE, name), join(folder, name), { recursive: true })));

  if (plugins !== undefined) {
    await rename(join(folder, 'config/plugins.js'), join(folder, '.tmp/plugins.js'));
    await writeFile(
      join(folder, 'config/plugins.js'),
      `module.exports = (app) => ({ ...require('../.tmp/plugins.js')(app), ...${JSON.stringify(plugins)} });\n`,
    );
  }
  if (middlewares !== undefined) {
    await writeFile(join(folder, 'config/middlewares.js'), `module.exports = ${JSON.stringify(middlewares)};\n`);
  }
  for (const [path, content] of Object.entries(files)) {
    await rm(join(folder, path), { recursive: true, force: true });
    if (content !== null) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
  }
  return folder;
}

/**
 * Puts a seeded database at `target`. The first caller seeds it, which takes as long as a start of Strapi; everybody
 * after that, in this process or another, copies the file.
 *
 * @param {string} target
 * @param {(file: string) => Promise<void>} seed makes the database at the given path
 */
export async function copySeededDatabase(target, seed) {
  const template = join(TEMPLATES, `${await fingerprint()}.db`);
  if (!(await exists(template))) {
    await withLock(`${template}.lock`, async () => {
      if (!(await exists(template))) {
        const unfinished = `${template}.${process.pid}`;
        await rm(unfinished, { force: true });
        await seed(unfinished);
        await rename(unfinished, template);
      }
    });
  }
  await copyFile(template, target);
}

/** Changes with everything that decides what is in a seeded database. */
async function fingerprint() {
  const hash = createHash('sha256');
  const strapi = JSON.parse(await readFile(join(ROOT, 'node_modules/@strapi/strapi/package.json'), 'utf8'));
  hash.update(strapi.version);
  // The admin account of the template is made by this folder's code.
  for (const folder of [join(EXAMPLE, 'src'), fileURLToPath(new URL('.', import.meta.url))]) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
    for (const path of paths.sort()) {
      if (folder.startsWith(EXAMPLE) || /(site|strapi)-[a-z]+\.mjs$/.test(path)) {
        hash.update(path.slice(ROOT.length)).update(await readFile(path));
      }
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** Test files run in processes of their own, so the lock is a folder: only one of them can create it. */
async function withLock(lock, work) {
  await mkdir(dirname(lock), { recursive: true });
  const deadline = Date.now() + SEEDING_TIMEOUT_MS;
  for (;;) {
    try {
      await mkdir(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw error;
      }
      const age = await stat(lock).then(({ mtimeMs }) => Date.now() - mtimeMs, () => 0);
      if (age > SEEDING_TIMEOUT_MS) {
        await rm(lock, { recursive: true, force: true }); // its owner was killed
      } else if (Date.now() > deadline) {
        throw new Error(`another test has been seeding a database for too long: ${lock}`, { cause: error });
      }
      await sleep(100);
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

const exists = (path) => stat(path).then(() => true, () => false);
