import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  buildVariant,
  COMPILER,
  compilerProblem,
  runOver,
  sanitizedEnvironment,
  sanitizerLibrary,
} from './variant.js';

// The tests of the addon once more, over other builds of it.
const here = fileURLToPath(new URL('.', import.meta.url));

function runAll(t: TestContext, flag: string, file: string, environment: NodeJS.ProcessEnv): void {
  const problem = compilerProblem();
  if (problem !== undefined) {
    t.skip(problem);
    return;
  }
  const addon = buildVariant(flag, file);
  const others = readdirSync(here).filter(
    (name) => name.endsWith('.test.js') && !/^(builds|fuzz)/.test(name),
  );
  for (const name of others) runOver(addon, join(here, name), environment);
}

test('the tests pass over the build without special instructions', (t) => {
  runAll(t, '--portable', 'build/portable/varve.node', {});
});

test('the tests pass under AddressSanitizer and UndefinedBehaviorSanitizer', (t) => {
  const library = sanitizerLibrary();
  if (library === undefined) t.skip(`${COMPILER} brings no libasan.so`);
  else runAll(t, '--sanitize', 'build/sanitized/varve.node', sanitizedEnvironment(library));
});
