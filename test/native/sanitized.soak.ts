import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SoakPart } from '../helpers/soak.js';
import {
  buildVariant,
  compilerProblem,
  ROOT,
  runOver,
  sanitizedEnvironment,
  sanitizerLibrary,
} from './variant.js';

/** What stores, reads and forges by the addon. */
const DIRECTORIES = ['hostile', 'lifetime', 'stream', 'media', 'traps'];
/** A child that runs without the addon, or looks at the process's memory, sees the sanitizer instead. */
const LEFT_OUT = /without-addon|lifetime\.test/;

/** The tests of whole streams over the build with AddressSanitizer and UndefinedBehaviorSanitizer. */
export const part: SoakPart = {
  name: 'native/sanitized',
  async run({ shard, shards, until }) {
    const library = sanitizerLibrary();
    const problem =
      compilerProblem() ?? (library === undefined ? 'the compiler brings no libasan.so' : undefined);
    if (problem !== undefined || library === undefined) {
      console.error(`native/sanitized: SKIPPED, ${problem}`);
      return {};
    }
    const addon = buildVariant('--sanitize', 'build/sanitized/varve.node');
    let tests = 0;
    const mine = testFiles().filter((_, index) => index % shards === shard);
    for (const file of mine.filter(() => Date.now() < until))
      tests += runOver(addon, file, sanitizedEnvironment(library));
    return { tests };
  },
};

function testFiles(): string[] {
  return DIRECTORIES.flatMap((name) => {
    const directory = join(ROOT, 'build/test', name);
    const files = readdirSync(directory).filter((file) => file.endsWith('.test.js') && !LEFT_OUT.test(file));
    return files.map((file) => join(directory, file));
  });
}
