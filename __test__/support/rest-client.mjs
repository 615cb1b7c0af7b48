// A plain fetch client of an Upstash endpoint, with no retries and nothing of ours in between.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** `request(path, fetchOptions)` and `post(path, json, fetchOptions)`, authorized; the default `timeout` is generous. */
export function restClient({ url, token }) {
  function request(path, { headers, timeout = 10_000, ...options } = {}) {
    return fetch(url + path, {
      ...options,
      headers: { authorization: `Bearer ${token}`, ...headers },
      signal: AbortSignal.timeout(timeout),
    });
  }
  function post(path, json, options) {
    return request(path, { method: 'POST', body: JSON.stringify(json), ...options });
  }
  return { request, post };
}

/** Status and JSON body of a pending response. */
export async function answer(pending) {
  const response = await pending;
  return [response.status, await response.json()];
}

/** What a client sees when it is not answered: `timeout` or the code of the connection's error. */
export async function failure(pending) {
  let text;
  try {
    text = await (await pending).text();
  } catch (error) {
    return error.name === 'TimeoutError' ? 'timeout' : (error.cause?.code ?? error.code);
  }
  return assert.fail(`was answered with ${text}`);
}

export async function until(condition) {
  for (const deadline = Date.now() + 10_000; !(await condition()); await sleep(5)) {
    assert.ok(Date.now() < deadline, `never became true: ${condition}`);
  }
}
