'use strict';

const { createSessionStore } = require('strapi-upstash/session');

module.exports = [
  'strapi::logger',
  'strapi::errors',
  'strapi::security',
  'strapi::cors',
  'plugin::upstash.rate-limit',
  'plugin::upstash.cache',
  'strapi::poweredBy',
  'strapi::query',
  'strapi::body',
  { name: 'strapi::session', config: { store: createSessionStore() } },
  'strapi::favicon',
  'strapi::public',
];
