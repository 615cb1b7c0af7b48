// An HTTP client that sends what it is told, byte for byte, and shows what comes back.

import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { parseCacheStatus } from './cache-status.mjs';

/** For one request. Only what hangs takes so long. */
const TIMEOUT_MS = 20_000;

export class Client {
  constructor(port) {
    this.port = port;
    this.agent = new Agent({ keepAlive: true, maxSockets: 256 });
  }

  /**
   * @param {string} path the request target as it is sent
   * @param {object} [options]
   * @param {Record<string, string | string[]>} [options.headers] a list makes a line of each
   * @param {string | Buffer} [options.body] sent with its length
   * @param {AbortSignal} [options.signal]
   */
  async request(path, { method = 'GET', headers = {}, body, signal } = {}) {
    const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().flatMap((line) => [name, line]));
    const has = (wanted) => Object.keys(headers).some((name) => name.toLowerCase() === wanted);
    if (!has('host')) lines.push('Host', `127.0.0.1:${this.port}`);
    if (!has('transfer-encoding') && !has('content-length') && (body !== undefined || !['GET', 'HEAD'].includes(method))) {
      lines.push('Content-Length', String(Buffer.byteLength(body ?? '')));
    }
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const request = httpRequest({
      host: '127.0.0.1',
      port: this.port,
      agent: this.agent,
      method,
      path,
      headers: lines,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    request.end(body);
    const [response] = await once(request, 'response');
    const chunks = [];
    try {
      for await (const chunk of response) chunks.push(chunk);
    } catch (error) {
      // A connection that ended too early is an answer as well: `complete` tells.
      if (error.code !== 'ECONNRESET') throw error;
    }
    return new Response(response, Buffer.concat(chunks));
  }

  close() {
    this.agent.destroy();
  }
}

class Response {
  constructor({ statusCode, headers, rawHeaders, complete }, body) {
    this.status = statusCode;
    this.headers = headers;
    this.complete = complete;
    this.body = body;
    this.names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  }

  get text() {
    return this.body.toString();
  }

  get json() {
    return JSON.parse(this.text);
  }

  /** HIT, MISS, BYPASS or STALE. */
  get cache() {
    return this.headers['x-cache'];
  }

  get cacheStatus() {
    return this.headers['cache-status'];
  }

  /** The parameters of Cache-Status. */
  get verdict() {
    return parseCacheStatus(this.cacheStatus);
  }

  get age() {
    return this.headers.age === undefined ? undefined : Number(this.headers.age);
  }
}
