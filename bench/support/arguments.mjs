// The command line of a benchmark: `[number] [names…] [--smoke]`.

/**
 * @param {Record<string, string[]>} groups what may be named, by group. A word stands for the name that it is, or else
 *   for every name that it is a part of. A group of which nothing is named is taken whole.
 * @returns `{ smoke, number, chosen }`; `number` is undefined without one, `chosen` has the groups
 * @throws for a word that names nothing
 */
export function readArguments(groups) {
  const words = process.argv.slice(2).filter((word) => word !== '--smoke');
  const number = words.find((word) => /^\d+$/.test(word));
  const named = new Set();
  for (const word of words.filter((other) => other !== number)) {
    const all = Object.values(groups).flat();
    const found = all.includes(word) ? [word] : all.filter((name) => name.includes(word));
    if (found.length === 0) throw new Error(`${word} is none of ${all.join('; ')}`);
    for (const name of found) named.add(name);
  }
  const chosen = Object.entries(groups).map(([group, names]) => {
    const some = names.filter((name) => named.has(name));
    return [group, some.length > 0 ? some : names];
  });
  return {
    smoke: process.argv.includes('--smoke'),
    number: number === undefined ? undefined : Number(number),
    chosen: Object.fromEntries(chosen),
  };
}
