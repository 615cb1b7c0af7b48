import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createAdminApi } from './admin-api.mjs';
import { BLOG } from './prepare.mjs';

// Beside the database whose admin it is: deleting .tmp begins anew with both.
const FILE = join(BLOG, '.tmp/demo-account.json');

/** An account with a password that Strapi accepts: lower and upper case, a digit, at least 8 characters. */
export function newAccount() {
  return { email: 'demo@example.com', password: `Demo-7-${randomBytes(6).toString('hex')}` };
}

/**
 * Makes the first admin account of a new site.
 *
 * @returns {Promise<{ email: string, password: string } | null>} null when somebody made one in the browser
 */
export async function ensureAccount(client) {
  if (await createAdminApi(client, newAccount()).hasAdmin()) {
    return existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : null;
  }
  const account = newAccount();
  await createAdminApi(client, account).register();
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(account)}\n`, { mode: 0o600 });
  return account;
}
