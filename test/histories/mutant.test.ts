import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { temporaryDirectory } from '../helpers/media.js';
import type { Scene } from './scenes.js';

const BUILD = fileURLToPath(new URL('../../', import.meta.url));
const TRIES = 6;

/** Something that is left out of the program, and would be noticed by nobody who does not look at histories. */
interface Mutant {
  readonly what: string;
  readonly file: string;
  readonly from: RegExp;
  readonly to: string;
}

const MUTANTS: readonly Mutant[] = [
  {
    what: 'a commit does not wait for those of other threads',
    file: 'src/core/shared/committer.js',
    from: /this\.enter\(\);(\s+try \{\s+const timestamp)/,
    to: '$1',
  },
];

/** A copy of this build with one thing changed. */
function copyWith(t: TestContext, { file, from, to }: Mutant): string {
  const directory = temporaryDirectory(t);
  for (const part of ['src', 'test/histories', 'test/helpers'])
    cpSync(join(BUILD, part), join(directory, part), { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  const path = join(directory, file);
  const whole = readFileSync(path, 'utf8');
  const changed = whole.replace(from, to);
  assert.notEqual(changed, whole, `${file} has changed: the mutant does not fit any more`);
  writeFileSync(path, changed);
  return pathToFileURL(join(directory, 'test/histories/scenes.js')).href;
}

for (const mutant of MUTANTS) {
  test(`histories tell that ${mutant.what}`, async (t) => {
    const { play } = (await import(copyWith(t, mutant))) as typeof import('./scenes.js');
    const scene: Omit<Scene, 'seed'> = {
      medium: 'memory',
      addon: false,
      workers: 3,
      readers: 0,
      runs: 1,
      terminates: false,
      time: 400,
    };
    for (let seed = 1; seed <= TRIES; seed += 1) {
      try {
        await play({ ...scene, seed });
      } catch (error) {
        t.diagnostic(`try ${seed}: ${(error as Error).message.split('\n')[0]}`);
        return;
      }
    }
    assert.fail(`${TRIES} histories were taken for right ones`);
  });
}
