import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from '../helpers/media.js';
import { MODELS } from './models.js';
import { search, searchProblem, type Verdict } from './spin.js';

const SECONDS = 100;
const problem = searchProblem('tcc');

function searchHere(t: TestContext, name: string, switches: string): Verdict {
  const directory = mkdtempSync(join(temporaryDirectory(t), 'model-'));
  return search(name, switches, 'tcc', directory, SECONDS);
}

for (const { name, about, small, mistakes } of MODELS) {
  test(`${name}.pml (${about}): no error in any state`, (t) => {
    if (problem !== undefined) return t.skip(problem);
    for (const switches of small) {
      const { states, error } = searchHere(t, name, switches);
      assert.equal(error, undefined, `${name}.pml ${switches}`);
      t.diagnostic(`${name} ${switches}: ${states} states`);
    }
  });

  test(`${name}.pml: each of ${mistakes.length} mistakes is found`, (t) => {
    if (problem !== undefined) return t.skip(problem);
    for (const switches of mistakes) {
      const { states, error } = searchHere(t, name, switches);
      assert.notEqual(error, undefined, `${name}.pml ${switches}: nothing wrong in ${states} states`);
      t.diagnostic(`${name} ${switches}: ${error}, after ${states} states`);
    }
  });
}

test('each switch that the lists name is one of its model', () => {
  for (const { name, small, large, mistakes } of MODELS) {
    const source = fileURLToPath(new URL(`../../../test/model/${name}.pml`, import.meta.url));
    const text = readFileSync(source, 'utf8');
    const conditions = [...text.matchAll(/^#(?:ifn?def|if) .*$/gm)].join('\n');
    const used = [...small, ...large, ...mistakes].flatMap((line) => line.match(/[A-Z_]+/g) ?? []);
    // What is neither LINES nor FILE is MAPPED.
    const unknown = used.filter((word) => word !== 'MAPPED' && !new RegExp(`\\b${word}\\b`).test(conditions));
    assert.deepEqual(unknown, [], name);
  }
});
