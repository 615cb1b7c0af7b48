'use strict';

const { mistake } = require('./errors.js');

/** How many messages one call changes. */
const COUNT = 100;

/**
 * What of a call says which messages it changes: `{ query, filter, changes }`. `ids`: the name of a list of ids;
 * `things`: what they are, for people.
 */
function selected(request, ids, things) {
  if (typeof request !== 'object' || request === null) throw mistake(`found ${request}; expected ids, { ${ids} }, { filter } or { all: true }`);
  const { [ids]: given, filter, all, count = COUNT, cursor } = request;
  const ways = [given !== undefined && ids, filter !== undefined && 'filter', all === true && 'all: true'].filter(Boolean);
  if (ways.length !== 1) {
    throw mistake(`found ${ways.join(' and ') || 'nothing that says which'}; expected one of ${ids}, filter and all: true, which is all ${things}`);
  }
  if (given !== undefined) {
    if (Array.isArray(given) && given.length === 0) {
      throw mistake(`Empty ${ids} array provided. If you intend to target all ${things}, use { all: true } explicitly.`);
    }
    if ([given].flat().some((id) => id === '' || id === undefined || id === null)) throw mistake(`${ids}: found an empty one; expected ids`);
    return { query: { [ids]: given } };
  }
  return all === true ? { query: { count, cursor } } : { query: { count, cursor }, filter, changes: true };
}

module.exports = { selected };
