'use strict';

module.exports = ({ env }) => ({
  host: env('HOST', '127.0.0.1'),
  port: env.int('PORT', 1337),
  app: { keys: env.array('APP_KEYS') },
  // An example need not ask the internet whether there is a newer Strapi.
  logger: { updates: { enabled: false } },
});
