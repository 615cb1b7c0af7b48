'use strict';

// The errors that callers see. Names as @upstash/redis has them, so that `instanceof` and `error.name` go on working;
// each has a stable `code` besides.

/** What went wrong with a command or with the way to Upstash. `code` is stable, see the README. */
class UpstashError extends Error {
  name = 'UpstashError';

  constructor(message, { code = 'E_REDIS', ...options } = {}) {
    super(message, options);
    this.code = code;
  }
}

/** An answer that is not of the REST protocol: mostly a page that a proxy put in its place. */
class UpstashJSONParseError extends UpstashError {
  name = 'UpstashJSONParseError';

  /** `status`: the HTTP status; `excerpt`: its first 200 characters. */
  constructor({ code, status, excerpt }) {
    super(`Unable to parse response body (HTTP ${status}): ${excerpt}`, { code });
    this.status = status;
  }
}

/** A URL that can't be Upstash's. Its text holds no more of it than scheme and host. */
class UrlError extends Error {
  name = 'UrlError';
  code = 'E_CONFIG';
}

/** Something the caller gave is wrong. */
function mistake(code, message) {
  return new UpstashError(message, { code });
}

module.exports = { UpstashError, UpstashJSONParseError, UrlError, mistake };
