// Cache-Status as RFC 9211 has it: a member of a list, with parameters.

import assert from 'node:assert/strict';

/** `strapi-upstash; fwd=stale; fwd-status=304; stored` is `{ fwd: 'stale', 'fwd-status': 304, stored: true }`. */
export function parseCacheStatus(text) {
  const [name, ...parameters] = (text ?? '').split(/; ?/);
  assert.equal(name, 'strapi-upstash', `Cache-Status: ${text}`);
  return Object.fromEntries(parameters.map((parameter) => parameterOf(parameter, text)));
}

/** RFC 8941 §3.1.2: a key, and an integer, a token or a string. */
function parameterOf(parameter, text) {
  const found = /^([a-z*][a-z0-9_.*-]*)(?:=(?:(-?\d{1,15})|([A-Za-z*][\w!#$%&'*+.^`|~:/-]*)|"([^"\\]*)"))?$/.exec(parameter);
  assert.ok(found, `Cache-Status: ${text}`);
  const [, key, integer, token, string] = found;
  return [key, integer === undefined ? (token ?? string ?? true) : Number(integer)];
}
