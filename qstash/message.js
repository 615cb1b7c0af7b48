'use strict';

const { mistake } = require('./errors.js');

/** What `fetch` says of text. */
const TEXT = 'text/plain;charset=UTF-8';

/** Headers of any form as names and values. */
function pairs(headers) {
  return headers === undefined || headers === null ? [] : [...new Headers(headers)];
}

/** Options, headers and body of a message, for the addon: `{ message, bytes }`. */
async function messageOf(request) {
  const { body, headers, ...options } = request ?? {};
  const { bytes, type } = await bytesOf(body);
  return { message: { options, headers: checked(headers), contentType: type }, bytes };
}

/** The same of one whose body becomes JSON. */
function jsonMessageOf(request) {
  const { body, headers, ...options } = request ?? {};
  const text = JSON.stringify(body);
  const bytes = text === undefined ? undefined : Buffer.from(text);
  return { message: { options, headers: checked(headers), json: true }, bytes };
}

/** The same for a batch, which is JSON: the body is text in it. */
async function itemOf(request) {
  const { message, bytes } = await messageOf(request);
  // Text says by itself that it is text, and a batch has always sent it without a type.
  if (message.contentType === TEXT) delete message.contentType;
  return { ...message, body: bytes && textOf(bytes) };
}

function jsonItemOf(request) {
  const { message, bytes } = jsonMessageOf(request);
  return { ...message, body: bytes?.toString() };
}

function checked(headers) {
  try {
    return pairs(headers);
  } catch (cause) {
    throw mistake(`headers: ${cause.message}`, { cause });
  }
}

async function bytesOf(body) {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' && typeof body !== 'function' && typeof body !== 'symbol') return { bytes: Buffer.from(`${body}`), type: TEXT };
  if (ArrayBuffer.isView(body)) return { bytes: Buffer.from(body.buffer, body.byteOffset, body.byteLength) };
  if (body instanceof ArrayBuffer) return { bytes: Buffer.from(body) };
  if ([URLSearchParams, Blob, FormData, ReadableStream].some((kind) => body instanceof kind)) {
    const response = new Response(body);
    return { bytes: Buffer.from(await response.arrayBuffer()), type: response.headers.get('content-type') ?? undefined };
  }
  throw mistake(`body: found ${Array.isArray(body) ? 'a list' : `a value of type ${typeof body}`}; expected text, bytes, a Blob, a form or a stream; publishJSON, enqueueJSON and batchJSON make JSON of any value`);
}

function textOf(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw mistake('body: found bytes that are no UTF-8; a batch carries text, publish carries any bytes', { cause });
  }
}

module.exports = { itemOf, jsonItemOf, jsonMessageOf, messageOf, pairs };
