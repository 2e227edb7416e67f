// The tests that mutants are shown, and what is known of each: how long it takes, what it reaches, how often it caught one.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';
import { reachedMutants } from './coverage.js';

/** Not about the behaviour of the library, or of builds of the addon that take long; or left to chance. */
const NOT_SHOWN = /^test\/(docs\/(links|readme)|examples|cli|demo|system|kill|vm)\/|native\/builds/;
/** A test that is killed would leave these behind. */
const LEAVES_BEHIND = /losetup|\bfuse|qemu/;
/** The addon's, and what goes through it line by line. */
const NATIVE = /^test\/(native|crash-native)\/|media\/(pmem|page-cache)|hostile\//;
/** Of a test file that does much, what is done for each mutant, and after how long it has caught most of what it can catch. */
const PARTS = {
  'test/crash/crash.test.ts': { part: 'of [12], words', soon: 1500 },
  'test/crash-native/power-cut.test.ts': { part: "(on 'crashed'|random)", soon: 3000 },
};
/** More than this for one test is too much for one mutant. Milliseconds. */
const SLOW = 180_000;

/** The tests that mutants may be shown. */
export function shownTests(root) {
  return readdirSync(join(root, 'test'), { recursive: true })
    .map((name) => `test/${name.split(sep).join('/')}`)
    .filter((name) => name.endsWith('.test.ts') && !NOT_SHOWN.test(name))
    .filter((name) => !LEAVES_BEHIND.test(readFileSync(join(root, name), 'utf8')))
    .sort()
    .map((source) => new ShownTest(source));
}

/** A test file, and its record so far. */
class ShownTest {
  #runs = 0;
  #caught = 0;
  passes = false;
  milliseconds = 0;
  reached = new Set();

  /** @param {string} source such as test/core/kernel.test.ts */
  constructor(source) {
    this.source = source;
    this.file = join('build', source.replace(/\.ts$/, '.js'));
    Object.assign(this, PARTS[source]);
  }

  /** True if it is about the addon. */
  get native() {
    return NATIVE.test(this.source);
  }

  /** Runs without a mutant. */
  async measure(tree, mutants) {
    const directory = join(tree.root, 'coverage');
    mkdirSync(directory, { recursive: true });
    const started = performance.now();
    this.passes = await tree.run(this, SLOW, { NODE_V8_COVERAGE: directory });
    this.milliseconds = performance.now() - started;
    if (this.passes) this.reached = reachedMutants(directory, tree.root, mutants);
    rmSync(directory, { recursive: true });
  }

  /** What `measure` found, to be kept. */
  get measures() {
    const { passes, milliseconds, reached } = this;
    return { passes, milliseconds, reached: [...reached].map(({ key }) => key) };
  }

  /** Takes over what was kept. */
  restore({ passes, milliseconds, reached }, mutants) {
    const keys = new Set(reached);
    this.passes = passes;
    this.milliseconds = milliseconds;
    this.reached = new Set(mutants.filter(({ key }) => keys.has(key)));
  }

  /** True if it fails over the mutant that is in the tree. */
  async catches(tree) {
    this.#runs++;
    const caught = !(await tree.run(this, 4 * this.milliseconds + 10_000));
    if (caught) this.#caught++;
    return caught;
  }

  /** What it costs to catch a mutant with it, as far as one can tell: the cheapest is run first. */
  get price() {
    return ((this.soon ?? this.milliseconds) * (this.#runs + 1)) / (this.#caught + 0.3);
  }
}
