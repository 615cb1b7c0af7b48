'use strict';

module.exports = {
  type: 'content-api',
  routes: [{ method: 'GET', path: '/articles/latest', handler: 'api::article.article.latest', config: { auth: false } }],
};
