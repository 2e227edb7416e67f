import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../helpers/media.js';
import { buildFuzzer, runFuzzer } from './fuzzer.js';
import { COMPILER, compilerProblem } from './variant.js';

const INPUTS = 20_000;

test(`${INPUTS} runs of hostile bytes through the pure functions of the addon, under sanitizers`, (t) => {
  const directory = temporaryDirectory(t);
  const program = join(directory, 'fuzz');
  const problem = compilerProblem() ?? buildFuzzer(COMPILER, ['-DVARVE_ALONE'], program);
  if (problem !== undefined) {
    t.skip(problem);
    return;
  }
  assert.match(runFuzzer(program, [`${INPUTS}`, '1'], directory), new RegExp(`^${INPUTS} inputs`));
});
