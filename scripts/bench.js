// Runs benchmarks: all files directly in bench/, or those named as arguments (`npm run bench -- append`). Options such as
// `--quick` are handed to every one of them.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, runNode } from './run.js';

const known = readdirSync(join(root, 'bench'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -'.ts'.length));
const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`bench: there is no benchmark ${unknown.join(', ')}; there are ${known.join(', ')}`);
  process.exit(2);
}
// One process each: what one benchmark makes of the JIT's profiles must not slow the next.
const results = (asked.length > 0 ? asked : known).map((name) =>
  runNode(join(root, 'build/bench', `${name}.js`), options),
);
process.exitCode = results.every(Boolean) ? 0 : 1;
