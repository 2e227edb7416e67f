// What the tests do without any mutant, kept until the code is another.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inParallel } from './parallel.js';
import { shownTests } from './tests.js';

/**
 * Runs every test once without a mutant.
 *
 * @param {string} file where the measures are kept
 * @returns the tests that pass, and the sources of the others
 */
export async function measuredTests(root, trees, mutants, file) {
  const tests = shownTests(root);
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const source = hashOf(root, ['build/src', 'build/test/helpers']);
  const measures = {};
  await inParallel(trees, tests, async (tree, test) => {
    const build = hashOf(root, [dirname(test.file)], source);
    const known = kept[test.source];
    if (known?.build === build && known.passes) test.restore(known, mutants);
    else await test.measure(tree, mutants);
    measures[test.source] = { build, ...test.measures };
  });
  writeFileSync(file, JSON.stringify(measures));
  return { tests: tests.filter(({ passes }) => passes), failing: tests.filter(({ passes }) => !passes) };
}

/** Of all code in some folders. */
function hashOf(root, folders, start = '') {
  const hash = createHash('sha256').update(start);
  for (const folder of folders) {
    for (const name of readdirSync(join(root, folder), { recursive: true }).sort()) {
      if (name.endsWith('.js')) hash.update(name).update(readFileSync(join(root, folder, name)));
    }
  }
  return hash.digest('hex');
}
