const READERS = {
  string: (key) => ['GET', key],
  hash: (key) => ['HGETALL', key],
  set: (key) => ['SMEMBERS', key],
  zset: (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
};

/** All of a database: key -> type, content, and in how many ms it ends (-1: never). */
export async function dump(redis) {
  const keys = (await redis.command('KEYS', '*')).map(String).sort();
  return Promise.all(
    keys.map(async (key) => {
      const type = `${await redis.command('TYPE', key)}`;
      const content = await redis.command(...READERS[type](key));
      const texts = Array.isArray(content) ? pairs(content.map(String), type) : `${content}`;
      return { key, type, content: texts, ttl: await redis.command('PTTL', key) };
    }),
  );
}

/** In an order that is not Redis' own. */
function pairs(list, type) {
  if (type === 'set') return list.toSorted();
  const found = [];
  for (let at = 0; at < list.length; at += 2) found.push(`${list[at]} = ${list[at + 1]}`);
  return found.sort();
}
