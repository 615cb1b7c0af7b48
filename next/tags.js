'use strict';

// What a tag means to the engine. The names are those of src/cache/schema/tags.rs.

const TYPE = /^(?:api|plugin)::[\w-]+\.[\w-]+$/;
const DOCUMENT = /^((?:api|plugin)::[\w-]+\.[\w-]+):([\w-]+)$/;

/** The names a value carries that says it shows this. */
function carried(tag) {
  if (TYPE.test(tag)) return [`t:${tag}`, `w:${tag}`, `l:${tag}`];
  const [, type, document] = DOCUMENT.exec(tag) ?? [];
  // A write of which no more than the type is known says `t:` alone.
  return type === undefined ? [tag] : [`t:${type}`, `d:${document}`, `l:${type}`];
}

/** The names that purge what says it shows this, and Strapi's answers that do. */
function purging(tag) {
  if (TYPE.test(tag)) return [`t:${tag}`];
  const [, , document] = DOCUMENT.exec(tag) ?? [];
  return [document === undefined ? tag : `d:${document}`];
}

module.exports = { carried, purging };
