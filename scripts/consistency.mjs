// `npm run test:consistency`: four processes on one Redis under every fault, until a million operations were checked
// (`-- 50000` for fewer, `SEED=7` to begin with that seed, as it was printed). Needs a built addon: `npm test` makes it.
import { runSite } from '../__test__/consistency/support/run.mjs';

const OPERATIONS = Number(process.argv[2] ?? 1_000_000);
const RUN_MS = 20_000;

let operations = 0;
let violations = 0;
for (let seed = Number(process.env.SEED ?? 1); operations < OPERATIONS; seed += 1) {
  const { reads, writes, kills, sources, wrong, unknown, happened } = await runSite({ seed, ms: RUN_MS });
  operations += reads + writes;
  violations += wrong.length + unknown;
  console.log(`SEED=${seed}: ${reads} reads (${describe(sources)}), ${writes} writes, ${kills} processes killed; ${describe(happened)}`);
  for (const read of wrong.slice(0, 5)) console.log(`  wrong: ${JSON.stringify(read)}`);
  if (unknown > 0) console.log(`  ${unknown} writes were never known everywhere`);
}
console.log(`${operations} operations, ${violations} violations`);
process.exitCode = violations === 0 ? 0 : 1;

function describe(counts) {
  return Object.entries(counts).map(([what, count]) => `${what} ${count}`).join(', ');
}
