import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { problemOfCommand } from '../media/system.js';

const SOURCE = fileURLToPath(new URL('../../../test/system/broken-disk.c', import.meta.url));
const base = mkdtempSync(join(tmpdir(), 'varve-broken-'));
const program = join(base, 'broken-disk');
after(() => rmSync(base, { recursive: true }));

/** Compiles broken-disk.c; why that cannot be, or undefined. */
function compile(): string | undefined {
  const { status, stdout, error } = spawnSync('pkg-config', ['--cflags', '--libs', 'fuse3'], {
    encoding: 'utf8',
  });
  if (status !== 0) return `libfuse3 is not here${error === undefined ? '' : `: ${error.message}`}`;
  return problemOfCommand('cc', ['-std=gnu11', '-O1', '-o', program, SOURCE, ...stdout.trim().split(/\s+/)]);
}

/** Why this machine cannot have such a disk; undefined if it can. */
const problemOfBrokenDisks = compile();

let count = 0;

/** A file system that fails as it is told: see broken-disk.c. It is gone after the test. */
export class BrokenDisk {
  readonly directory: string;
  readonly #durable: string;
  #child: ChildProcess | undefined;

  private constructor(place: string) {
    this.directory = join(place, 'mounted');
    this.#durable = join(place, 'durable');
    mkdirSync(this.directory, { recursive: true });
    mkdirSync(this.#durable);
  }

  /** Mounts a new one; or why that cannot be. */
  static async mount(t: TestContext): Promise<BrokenDisk | { problem: string }> {
    if (problemOfBrokenDisks !== undefined) return { problem: problemOfBrokenDisks };
    count += 1;
    const disk = new BrokenDisk(join(base, `${count}`));
    t.after(() => disk.cutPower());
    const problem = await disk.#start();
    return problem === undefined ? disk : { problem };
  }

  /** Gives an order, as broken-disk.c has them. */
  order(text: string): void {
    writeFileSync(join(this.directory, 'orders'), text, { flag: 'r+' });
  }

  /** Copies what is durable of a file to `target`. */
  keep(name: string, target: string): void {
    copyFileSync(join(this.#durable, name), target);
  }

  /** The machine stops: what was not durable is gone. */
  async cutPower(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    execFileSync('umount', ['-l', this.directory]);
  }

  /** The power is back. */
  async restart(): Promise<void> {
    const problem = await this.#start();
    if (problem !== undefined) throw new Error(problem);
  }

  async #start(): Promise<string | undefined> {
    const args = [this.directory, this.#durable, ...readdirSync(this.#durable)];
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    while (problemOfCommand('mountpoint', ['-q', this.directory]) !== undefined) {
      if (child.exitCode !== null) return `a FUSE file system cannot be mounted here: ${complaint.trim()}`;
      await wait(10);
    }
    this.#child = child;
    return undefined;
  }
}
