'use strict';

const REGIONS = ['EU_CENTRAL_1', 'US_EAST_1'];

/** A region as variables of the environment are named after it, from `us-east-1` or `US_EAST_1`. Null where it is none. */
function regionOf(given) {
  if (!given) return null;
  const region = `${given}`.toUpperCase().replaceAll('-', '_');
  if (REGIONS.includes(region)) return region;
  console.warn(`[strapi-upstash] ${given} is no region of QStash; expected ${REGIONS.join(' or ')}`);
  return null;
}

module.exports = { regionOf };
