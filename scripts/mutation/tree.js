// A copy of the project in which one mutant at a time is run, and the tests that are run there.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LEFT_OUT = ['.git', 'build', 'dist', 'node_modules'];
/** Nothing that a test leaves behind in memory or mounts outlives it, nor any process, where the machine has namespaces for that. */
const SANDBOX = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c'];
const PREPARE = 'mount -t tmpfs none /dev/shm && mount -t tmpfs none "$TMPDIR" && exec "$@"';

/** Of the quick kind, wherever a test can be told how much to do. */
const EFFORT = { VARVE_CRASH_SECONDS: '1', VARVE_CRASH_SEQUENCES: '5' };

/** A mutant may leave something unused: that is nothing to warn of. */
const COMPILER = { CC: `${process.env.CC || 'cc'} -w` };

/** The tests under way, which must not outlive this process. */
const running = new Set();
process.on('exit', () => {
  for (const child of running) killGroup(child);
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** A copy of the project. */
export class Tree {
  /**
   * @param {string} root the project, compiled
   * @param {string} directory where the copy goes; what is there is replaced
   */
  constructor(root, directory) {
    this.root = directory;
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    copyEach(root, directory, LEFT_OUT);
    copyEach(join(root, 'build'), join(directory, 'build'), ['mutants']);
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    this.temporary = join(directory, 'tmp');
    mkdirSync(this.temporary);
    this.sandbox =
      spawnSync(SANDBOX[0], [...SANDBOX.slice(1), PREPARE, 'sh', 'true'], { env: this.#environment({}) })
        .status === 0;
  }

  /** Puts a mutant's text in the place of its target while `run` runs. */
  async with({ target, text }, run) {
    const file = join(this.root, target);
    const original = readFileSync(file);
    writeFileSync(file, text);
    try {
      return await run();
    } finally {
      writeFileSync(file, original);
    }
  }

  /** Compiles the addon as it is in the tree. False if the compiler refuses it: then it is no mutant. */
  buildsAddon() {
    const build = spawnSync(process.execPath, [join(this.root, 'scripts/build-native.js')], {
      env: { ...process.env, ...COMPILER },
      stdio: 'ignore',
    });
    return build.status === 0;
  }

  /**
   * Runs a test up to the first failure.
   *
   * @param {{ file: string, part?: string }} test the compiled file, and a pattern where not all of it is run
   * @param {number} limit milliseconds; who takes longer is stuck
   * @returns {Promise<boolean>} true if it passed
   */
  run({ file, part = '' }, limit, environment = {}) {
    const options = ['--test-reporter=tap', ...(part === '' ? [] : [`--test-name-pattern=${part}`])];
    const command = [process.execPath, ...options, join(this.root, file)];
    const [program, ...args] = this.sandbox ? [...SANDBOX, PREPARE, 'sh', ...command] : command;
    const child = spawn(program, args, {
      cwd: this.root,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: this.#environment(environment),
    });
    return this.#passed(child, limit);
  }

  #passed(child, limit) {
    return new Promise((resolve) => {
      let failed = false;
      running.add(child);
      const fail = () => {
        failed = true;
        killGroup(child);
      };
      const timer = setTimeout(fail, limit);
      child.stdout.setEncoding('utf8').on('data', (text) => {
        if (/^\s*not ok /m.test(text)) fail();
      });
      child.on('error', fail);
      child.on('close', (code) => {
        clearTimeout(timer);
        running.delete(child);
        killGroup(child);
        if (!this.sandbox) this.#wipe();
        resolve(!failed && code === 0);
      });
    });
  }

  #environment(more) {
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: _options, ...inherited } = process.env;
    return { ...inherited, TMPDIR: this.temporary, ...EFFORT, ...COMPILER, ...more };
  }

  #wipe() {
    rmSync(this.temporary, { recursive: true, force: true });
    mkdirSync(this.temporary);
  }
}

function copyEach(from, to, leftOut) {
  for (const name of readdirSync(from).filter((each) => !leftOut.includes(each))) {
    cpSync(join(from, name), join(to, name), { recursive: true, preserveTimestamps: true });
  }
}

/** The child is the leader of its group; all of it may be gone. */
function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
