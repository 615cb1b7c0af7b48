'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');
const { mistake } = require('./options.js');

/** `t=<seconds since the epoch>,v1=<hex>`: HMAC-SHA256 of the time, a dot and the body. The sender is revalidation.ts. */
const HEADER = 'x-strapi-upstash-signature';
const SIGNATURE = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/;
/** How far the clocks may differ, in seconds; for as long a request can be sent again by whoever has seen it. */
const TOLERANCE = 300;
/** In bytes. Strapi sends less; whoever sends more has no signature. */
const MAX_BODY = 1024 * 1024;

/** What a request of Strapi's tells, or null where it is none. Throws `E_CONFIG` without a secret. */
async function verifyRevalidation(request, secret, { tolerance = TOLERANCE } = {}) {
  const secrets = [secret].flat();
  if (secrets.length === 0 || !secrets.every((each) => typeof each === 'string' && each !== '')) {
    throw mistake('secret: expected the text that is revalidate.secret in Strapi, or a list of such texts');
  }
  const [, time, given] = SIGNATURE.exec(request.headers.get(HEADER) ?? '') ?? [];
  if (time === undefined || Math.abs(Date.now() / 1000 - Number(time)) > tolerance) return null;
  const body = await bodyOf(request);
  if (body === null) return null;
  const signature = Buffer.from(given, 'hex');
  const isRight = secrets.filter((each) => {
    const expected = createHmac('sha256', each).update(`${time}.`).update(body).digest();
    return timingSafeEqual(expected, signature);
  });
  return isRight.length > 0 ? eventOf(body) : null;
}

async function bodyOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > MAX_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function eventOf(body) {
  let event;
  try {
    event = JSON.parse(body.toString());
  } catch {
    return null;
  }
  const isList = (list) => Array.isArray(list) && list.every((item) => typeof item === 'string');
  if (!isList(event?.types) || !isList(event.tags)) return null;
  const { types, tags, everything } = event;
  return { types, tags, everything: everything === true };
}

module.exports = { verifyRevalidation };
