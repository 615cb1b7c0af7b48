'use strict';

// The errors that callers see. Names as @upstash/qstash has them; each has a stable `code` besides.

/** What went wrong with a call. `status`: the HTTP status, where QStash answered. */
class QstashError extends Error {
  name = 'QstashError';

  constructor(message, { status, code = 'E_QSTASH', ...options } = {}) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}

/** More calls than the plan has at a time. */
class QstashRatelimitError extends QstashError {
  name = 'QstashRatelimitError';

  constructor(message, { limit, remaining, reset, ...options }) {
    super(message, options);
    this.limit = limit ?? null;
    this.remaining = remaining ?? null;
    this.reset = reset ?? null;
  }
}

/** More messages than the plan has for a day. */
class QstashDailyRatelimitError extends QstashRatelimitError {
  name = 'QstashDailyRatelimitError';
}

/** A list of nothing, where QStash would take it for everything. */
class QstashEmptyArrayError extends QstashError {
  name = 'QstashEmptyArrayError';
}

/** A request that QStash has not signed. */
class SignatureError extends Error {
  name = 'SignatureError';
  code = 'E_QSTASH_SIGNATURE';
}

const CLASSES = {
  E_QSTASH_RATELIMIT: QstashRatelimitError,
  E_QSTASH_DAILY_RATELIMIT: QstashDailyRatelimitError,
  E_QSTASH_EMPTY_ARRAY: QstashEmptyArrayError,
};

/** The error that the addon tells of. */
function failed({ code, message, ...facts }) {
  return new (CLASSES[code] ?? QstashError)(message, { code, ...facts });
}

/** A call that can't be made. */
function mistake(message, options) {
  return new QstashError(message, { code: 'E_QSTASH_CALL', ...options });
}

module.exports = {
  errors: { QstashDailyRatelimitError, QstashEmptyArrayError, QstashError, QstashRatelimitError, SignatureError },
  QstashError,
  SignatureError,
  failed,
  mistake,
};
