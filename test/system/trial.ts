import assert from 'node:assert/strict';
import { join } from 'node:path';
import { turn } from '../helpers/bytes.js';
import { isFailure } from '../helpers/errors.js';
import { Account } from './account.js';
import { Diary, type Failure } from './diary.js';
import { DiskModel } from './disk-model.js';
import { isMapped, judgeErrors, judgeImage, openFilesIn } from './judging.js';
import { type Fault, Seams, unseen } from './seams.js';
import { type FileKind, work } from './workload.js';

/** What came of a trial. */
export interface Outcome {
  /** The calls of the workload that may fail. */
  readonly calls: readonly string[];
  /** How many images were opened and compared with what had been promised, and how much that was. */
  readonly images: number;
  readonly promises: number;
  /** 'nothing' if no step failed, 'poisoned' if an opening had to be given up, else 'error': it went on. */
  readonly effect: 'nothing' | 'error' | 'poisoned';
}

/** Runs the workload while faults happen, and judges what it said, what it left, and what a disk would hold. */
export class Trials {
  readonly #seams = new Seams();
  readonly #directory: string;

  /** @param directory an empty one, which is this object's own */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Takes the seams away. */
  end(): void {
    this.#seams.remove();
  }

  /** @throws AssertionError if a promise was broken */
  async run(medium: FileKind, ...faults: Fault[]): Promise<Outcome> {
    const path = join(this.#directory, 'stream');
    const copy = join(this.#directory, 'crashed');
    const disk = medium === 'pmem' ? undefined : new DiskModel();
    const diary = new Diary();
    const account = new Account();
    const promised = new Map([[path, account]]);
    const crash = () => {
      this.#seams.aside(() => {
        unseen.copyFileSync(path, copy);
        disk?.begin(copy);
      });
      promised.set(copy, account.clone());
      return { path: copy, account: promised.get(copy) ?? account };
    };
    const before = openFilesIn(this.#directory);
    this.#seams.arm(faults, disk);
    await work({ path, medium, diary, account, crash });
    this.#seams.disarm();
    const [calls, struck] = [[...this.#seams.calls], this.#seams.struck];
    judgeErrors(diary.failures, faults, struck);
    await this.#judgeLeftovers(before, struck);
    const judge = ([file, promises]: [string, Account]): number => {
      // Where there are no links, a name is taken by an empty file first; one that cannot be replaced nor removed stays.
      const left = struck.includes('fs.unlinkSync') && promises.promises === 0 && isEmpty(file);
      return left ? 0 : this.#judgeFile(file, medium, promises, disk);
    };
    const images = [...promised].map(judge);
    for (const name of unseen.readdirSync(this.#directory)) unseen.rmSync(join(this.#directory, name));
    return {
      calls,
      images: images.reduce((sum, count) => sum + count, 0),
      promises: account.promises,
      effect: effectOf(diary.failures),
    };
  }

  /** Descriptors, mappings, and files with other names. */
  async #judgeLeftovers(before: readonly string[], struck: readonly string[]): Promise<void> {
    const directory = this.#directory;
    // A sync that is under way when its file is closed gives its descriptor back when it ends.
    for (let turns = 0; turns < 1000 && openFilesIn(directory).length > before.length; turns += 1)
      await turn();
    assert.deepEqual(openFilesIn(directory), before, 'descriptors that were left open');
    assert.ok(!isMapped(directory), 'a mapping was left');
    if (struck.includes('fs.unlinkSync')) return;
    const others = unseen.readdirSync(directory).filter((name) => !['stream', 'crashed'].includes(name));
    assert.deepEqual(others, [], 'files that were left behind');
  }

  /** The file as it is, and as a disk would hold it. Returns how many images that makes. */
  #judgeFile(file: string, medium: FileKind, account: Account, disk: DiskModel | undefined): number {
    if (!unseen.existsSync(file)) return 0;
    const durable = disk?.durable(file);
    if (durable !== undefined) {
      const onDisk = join(this.#directory, 'on-disk');
      unseen.writeFileSync(onDisk, durable);
      judgeImage(onDisk, medium, account.clone());
    }
    judgeImage(file, medium, account.clone());
    return durable === undefined ? 1 : 2;
  }
}

function isEmpty(file: string): boolean {
  return unseen.statSync(file, { throwIfNoEntry: false })?.size === 0;
}

function effectOf(failures: readonly Failure[]): Outcome['effect'] {
  if (failures.length === 0) return 'nothing';
  return failures.some(({ error }) => isFailure(error, ['VARVE_POISONED'])) ? 'poisoned' : 'error';
}
