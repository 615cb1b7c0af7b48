'use strict';

const HOUR_MS = 3_600_000;
const RETENTION_S = 90 * 86_400;

/** Counts who asked and what the answer was, an hour's together, where Upstash's console looks for it. */
class Analytics {
  #redis;
  #prefix;
  #hour;

  constructor(redis, prefix) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** `success`: true, false or `'denied'`. Never rejects. */
  async record(identifier, success, geo) {
    const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const key = `${this.#prefix}:events:${hour}`;
    try {
      await this.#redis.zincrby(key, 1, JSON.stringify({ identifier, success, ...geo }));
      if (this.#hour === hour) return;
      this.#hour = hour;
      await this.#redis.expire(key, RETENTION_S);
    } catch (error) {
      console.warn(`[strapi-upstash] analytics could not be recorded: ${error.message}`);
    }
  }
}

module.exports = { Analytics };
