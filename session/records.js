'use strict';

// What is kept of a session: one line of text, readable or encrypted, or the mark that it was ended.
//
//   j1.<when>.<JSON>                            readable
//   e1.<when>.<key>.<IV, tag and ciphertext>    AES-256-GCM
//   gone.<which>                                ended
//
// None of them is JSON, so a client that parses replies leaves them alone.

const { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } = require('node:crypto');

/** For GCM: NIST SP 800-38D, 8.2.2. */
const IV_BYTES = 12;
const TAG_BYTES = 16;
const GONE = 'gone.';

/** What is kept is no session, or can't be trusted. */
class Unreadable extends Error {}

/** A mark of its own: who ended the session may begin it anew, everybody else may not. */
function goneMark() {
  return `${GONE}${randomBytes(12).toString('base64url')}`;
}

function isGone(text) {
  return text.startsWith(GONE);
}

/** Sessions to text and back. `keys`: none, or 32 bytes each; the first encrypts, any of them decrypts. */
class Codec {
  #keys;

  constructor(keys) {
    this.#keys = keys.map((bytes) => ({ bytes, id: createHash('sha256').update('strapi-upstash session key').update(bytes).digest('hex').slice(0, 8) }));
  }

  /** `name`: what the session is kept under. Encrypted it can't be passed off as another's. */
  encode(name, session, when) {
    const json = JSON.stringify(session);
    const [key] = this.#keys;
    if (key === undefined) return `j1.${when}.${json}`;
    const head = `e1.${when}.${key.id}.`;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', keyOf(key, name), iv).setAAD(Buffer.from(head));
    const encrypted = [cipher.update(json, 'utf8'), cipher.final()];
    return head + Buffer.concat([iv, cipher.getAuthTag(), ...encrypted]).toString('base64url');
  }

  /** The session, or null where it was ended. Throws for what is none, or can't be trusted. */
  decode(name, text) {
    if (typeof text !== 'string') throw new Unreadable('it is no session of ours');
    if (isGone(text)) return null;
    return parse(text.startsWith('e1.') ? this.#decrypted(name, text) : this.#readable(text));
  }

  #readable(text) {
    const [, json] = /^j1\.\d+\.(.*)$/s.exec(text) ?? [];
    // Whoever can write to the database could make up any.
    if (json !== undefined && this.#keys.length > 0) throw new Unreadable('it is not encrypted');
    return json;
  }

  #decrypted(name, text) {
    const [, head, id, payload] = /^(e1\.\d+\.([0-9a-f]{8})\.)([\w-]*)$/.exec(text) ?? [];
    if (head === undefined) return undefined;
    const key = this.#keys.find((candidate) => candidate.id === id);
    if (key === undefined) throw new Unreadable('it is encrypted with a key that is not in the list');
    const bytes = Buffer.from(payload, 'base64url');
    try {
      const decipher = createDecipheriv('aes-256-gcm', keyOf(key, name), bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(head)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    } catch (cause) {
      throw new Unreadable('it was changed, or is that of another key', { cause });
    }
  }
}

function parse(json) {
  let session;
  try {
    session = JSON.parse(json);
  } catch {
    // Node's message shows an excerpt.
  }
  if (typeof session !== 'object' || session === null) throw new Unreadable('it is no session of ours');
  return session;
}

/**
 * A key for each session, by HKDF (RFC 5869): the bound on how often one may be used with random IVs (2^32, NIST
 * SP 800-38D, 8.3) is then that of a session's writes and not of all of them.
 */
function keyOf({ bytes }, name) {
  return Buffer.from(hkdfSync('sha256', bytes, '', `strapi-upstash session ${name}`, 32));
}

module.exports = { Codec, Unreadable, goneMark, isGone };
