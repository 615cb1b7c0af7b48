// Writes what follows from the table of commands (redis/commands/*.json): the types of the client's methods, and the
// page that describes them. Both are committed; `--check` only tells whether they are what the table says.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './steps.mjs';

const require = createRequire(import.meta.url);
const { commands } = require('../redis/table.js');

const TITLES = {
  string: 'Strings and bits',
  hash: 'Hashes',
  list: 'Lists',
  set: 'Sets',
  zset: 'Sorted sets',
  stream: 'Streams',
  geo: 'Places',
  hyperloglog: 'HyperLogLog',
  keys: 'Keys and server',
  script: 'Scripts and messages',
  json: 'JSON documents',
  functions: 'Functions',
  array: 'Arrays',
};
const NOTE = 'Made from redis/commands/*.json by `npm run build:commands`; changes belong there.';
const all = commands();

const files = { 'redis/commands.d.ts': types(), 'docs/commands.md': page() };
for (const [name, text] of Object.entries(files)) {
  const path = join(ROOT, name);
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text);
  } else if (readFileSync(path, 'utf8') !== text) {
    console.error(`${name} is not what the table of commands says: run \`npm run build:commands\`.`);
    process.exitCode = 1;
  }
}

function types() {
  return [
    `// ${NOTE}`,
    '',
    declarations(),
    '/** What `redis.raw` gives for a reply: its strings as they are stored. */',
    'export type RawReply = Buffer | number | string | bigint | null | RawReply[];',
    '',
    ...interfaces('Commands', '', 'The commands, each sent when it is called.', { wrap: (result) => `Promise<${result}>`, style: 'full' }),
    ...interfaces('PipelineCommands', '<TResults extends unknown[]>', 'The commands, each added to a pipeline.', { wrap: (result) => `Pipeline<[...TResults, ${result}]>` }),
    ...interfaces('RawCommands', '', 'The commands, with replies as bytes.', { wrap: () => 'Promise<RawReply>' }),
    "import type { Pipeline } from '../index';",
    '',
  ].join('\n');
}

/** The types that arguments need, each once. */
function declarations() {
  const found = new Map();
  for (const text of all.flatMap(({ entry }) => entry.types ?? [])) {
    const name = /export type (\w+)/.exec(text)[1];
    if (!found.has(name)) found.set(name, text);
    else if (found.get(name) !== text) throw new Error(`${name} is declared in two ways`);
  }
  return `${[...found.values()].join('\n\n')}\n`;
}

function interfaces(name, parameters, summary, how) {
  // A pipeline's `exec` sends it.
  const isPipeline = name === 'PipelineCommands';
  const own = all.filter(({ namespace, method: member }) => namespace === '' && !(isPipeline && member === 'exec'));
  const lines = [`/** ${summary} */`, `export interface ${name}${parameters} {`, ...own.flatMap((command) => method(command, how, '  '))];
  for (const [namespace, about] of [['json', 'Commands on JSON documents.'], ['functions', 'Functions kept in Redis.']]) {
    lines.push(`  /** ${about} */`, `  readonly ${namespace}: {`);
    lines.push(...all.filter((command) => command.namespace === namespace).flatMap((command) => method(command, how, '    ')));
    lines.push('  };');
  }
  return [...lines, '}', ''];
}

function method({ method: name, entry }, { wrap, style }, indent) {
  const { summary, complexity, returns, since } = entry;
  const doc = [
    summary,
    '',
    `Complexity: ${complexity}.${since ? ` Since Redis ${since}.` : ''}`,
    '',
    `@returns ${returns}`,
  ];
  const signatures = (entry.overloads ?? [entry]).map(({ generics, args, result }) => {
    return `${indent}${name}${generics ? `<${generics}>` : ''}(${args ?? ''}): ${wrap(result)};`;
  });
  // The whole text once is enough; elsewhere the first sentence reminds of it.
  const comment =
    style === 'full'
      ? [`${indent}/**`, ...doc.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`]
      : [`${indent}/** ${summary} */`];
  return signatures.flatMap((signature) => comment.concat(signature));
}

function page() {
  const lines = [];
  for (const [group, title] of Object.entries(TITLES)) {
    lines.push(`## ${title}`, '', '| method | what it does | gives | complexity | |', '|---|---|---|---|---|');
    for (const { namespace, method: name, entry } of all.filter((command) => command.group === group)) {
      const { summary, complexity, returns, since, write, alone } = entry;
      const marks = [write && 'writes', alone && 'alone', since && `Redis ${since}`].filter(Boolean).join(', ');
      const cells = [`\`${namespace ? `${namespace}.` : ''}${name}\``, summary, returns, complexity, marks];
      lines.push(`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
    }
    lines.push('');
  }
  return [
    '# Commands',
    '',
    `<!-- ${NOTE} -->`,
    '',
    'Methods of `Redis`, of its pipelines and transactions, and of `redis.raw`. Arguments and their types: the',
    'declarations that your editor shows. *writes*: can change data. *alone*: automatic pipelining leaves it a request',
    'of its own, as its reply may be large.',
    '',
    ...lines,
  ].join('\n');
}
