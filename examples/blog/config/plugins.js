'use strict';

module.exports = ({ env }) => ({
  'users-permissions': {
    config: {
      jwtManagement: 'refresh',
      sessions: { httpOnly: true },
    },
  },
  // Everything has a default. UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN in .env
  // move cache and limiter from this process's memory to Upstash.
  upstash: {
    enabled: true,
    config: {
      // The front end is told of each publish: web/app/api/revalidate/route.js.
      revalidate: { url: env('REVALIDATE_URL'), secret: env('REVALIDATE_SECRET') },
    },
  },
});
