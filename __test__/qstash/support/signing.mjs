// Signs as QStash does, with node:crypto.

import { createHash, createHmac } from 'node:crypto';

export const KEYS = { currentSigningKey: 'sig_6Ja8xvTCNVKDPxzVF3gzHmTf2pWq', nextSigningKey: 'sig_4bUcWuqAD3yqFhqdUKHLYmUQ9nDh' };

const encoded = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Claims for a body, with `changes`; what is undefined is left out. */
export function claimsOf(body, changes = {}) {
  const now = Math.floor(Date.now() / 1_000);
  return {
    iss: 'Upstash',
    sub: 'https://example.com/hook',
    exp: now + 300,
    nbf: now - 5,
    iat: now,
    jti: 'jwt_67kxXD6UBAk7DqU6hzuHMDdXFXfP',
    body: createHash('sha256').update(body).digest('base64url'),
    ...changes,
  };
}

/** A token. `payload`: claims, or text that is none. */
export function sign(payload, { key = KEYS.currentSigningKey, alg = 'HS256', header = { alg, typ: 'JWT' } } = {}) {
  const signed = `${encoded(header)}.${encoded(payload)}`;
  const hash = { HS384: 'sha384', HS512: 'sha512' }[alg] ?? 'sha256';
  return `${signed}.${alg === 'none' ? '' : createHmac(hash, key).update(signed).digest('base64url')}`;
}
