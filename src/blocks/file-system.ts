import { join, resolve } from 'node:path';
import { typeError, VarveError } from '../base/errors.js';
import { ensureDirectory, namesIn, removeFile } from '../media/directory.js';
import type { Medium } from '../media/medium.js';
import { type OpenMediumOptions, openMedium } from '../media/open.js';
import {
  assertBlocks,
  BLOCK_SHIFT_MAX,
  BLOCK_SHIFT_MIN,
  type Blocks,
  type BlocksAllocator,
} from './blocks.js';
import { FileBlocks } from './file-blocks.js';
import { kindOption } from './medium-blocks.js';

/** How the files of a `FileSystem` are opened. */
export interface FileSystemOptions {
  /** As that of a stream: 'auto', the default, is 'pmem' or 'page-cache' where files can be mapped, else 'file'. */
  readonly medium?: OpenMediumOptions['medium'];
}

const LOCK = 'lock';
/** When it was allocated, and the block shift. */
const NAME = /^(\d{16})-(\d{1,2})\.blocks$/;
/** What a crash has left of a file that was being made. */
const UNFINISHED = /^\.\d{16}-\d{1,2}\.blocks\.[0-9a-f]{12}\.new$/;
/** More files than these are not kept open. */
const OPEN_MAX = 16;

/**
 * Gives out blocks that are files of a directory, each made and removed durably. One process has the directory at a time: the kernel keeps the lock,
 * and gives it up when the process ends, however it ends.
 *
 * @example
 * const stream = await EndlessStream.load(new FileSystem('spool'), { blockCount: 16384 });
 */
export class FileSystem implements BlocksAllocator {
  readonly path: string;
  readonly #medium: OpenMediumOptions['medium'];
  readonly #lock: Medium;
  /** By when they were allocated. */
  readonly #allocated = new Map<number, FileBlocks>();
  /** In the order of use. */
  readonly #open = new Set<FileBlocks>();
  #closed = false;

  /**
   * @param path a directory. It is made if it is not there, and is for nothing else
   * @throws VARVE_LOCKED if somebody has it, VARVE_IO, TypeError
   */
  constructor(path: string, options: FileSystemOptions = {}) {
    if (typeof path !== 'string' || path === '' || path.includes('\0'))
      throw typeError(`Cannot use ${JSON.stringify(path)} as a directory: it must be a path`);
    this.path = resolve(path);
    this.#medium = kindOption(options.medium);
    ensureDirectory(this.path);
    this.#lock = locked(this.path);
    try {
      this.#take(namesIn(this.path));
    } catch (error) {
      this.#lock.close();
      throw error;
    }
  }

  alloc(count: number, shift: number): Blocks {
    assertBlocks(count, shift);
    this.#assertOpen();
    const sequence = (this.#newest() ?? 0) + 1;
    const path = join(this.path, `${String(sequence).padStart(16, '0')}-${shift}.blocks`);
    const medium = openMedium(path, {
      size: count * 2 ** shift,
      mode: 'create',
      readOnly: false,
      medium: this.#medium,
    });
    const blocks = this.#blocks(path, shift, medium);
    this.#allocated.set(sequence, blocks);
    return blocks;
  }

  /** @throws VARVE_NOT_FOUND if they are not of this directory, VARVE_IO, VARVE_CLOSED */
  release(blocks: Blocks): void {
    this.#assertOpen();
    const found = [...this.#allocated].find(([, each]) => each === blocks);
    if (found === undefined) {
      const message = `Cannot release these blocks: they are not of '${this.path}'`;
      throw new VarveError('VARVE_NOT_FOUND', message, { path: this.path });
    }
    const [sequence, file] = found;
    file.close();
    this.#open.delete(file);
    removeFile(file.path);
    this.#allocated.delete(sequence);
  }

  retrieve(): Blocks[] {
    this.#assertOpen();
    return [...this.#allocated.values()];
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const file of this.#open) file.close();
    this.#lock.close();
  }

  /** Of what stands in the directory, takes what is its own, in order, and removes what was left unfinished. */
  #take(names: readonly string[]): void {
    for (const name of names.toSorted()) {
      const path = join(this.path, name);
      const [, sequence, shift] = NAME.exec(name) ?? [];
      if (sequence !== undefined && isShift(Number(shift)))
        this.#enter(Number(sequence), path, Number(shift));
      else if (UNFINISHED.test(name)) removeFile(path);
    }
  }

  #enter(sequence: number, path: string, shift: number): void {
    const other = this.#allocated.get(sequence);
    if (other !== undefined) {
      const message = `Cannot use the blocks in '${this.path}': '${path}' and '${other.path}' have the same number; remove what is not its own`;
      throw new VarveError('VARVE_CORRUPT', message, { path });
    }
    this.#allocated.set(sequence, this.#blocks(path, shift, undefined));
  }

  #blocks(path: string, shift: number, medium: Medium | undefined): FileBlocks {
    const reopen = () => openMedium(path, { mode: 'open', readOnly: false, medium: this.#medium });
    return new FileBlocks(path, shift, reopen, (blocks) => this.#use(blocks), medium);
  }

  /** Only so many files are open at once, but for those that wait for a sync: what was not used for longest is closed. */
  #use(blocks: FileBlocks): void {
    this.#open.delete(blocks);
    this.#open.add(blocks);
    for (const each of this.#open) {
      if (this.#open.size <= OPEN_MAX) return;
      if (each === blocks || each.isBusy) continue;
      each.close();
      this.#open.delete(each);
    }
  }

  #newest(): number | undefined {
    return [...this.#allocated.keys()].at(-1);
  }

  #assertOpen(): void {
    if (this.#closed)
      throw new VarveError('VARVE_CLOSED', `Cannot use '${this.path}': it was closed`, { path: this.path });
  }
}

function isShift(shift: number): boolean {
  return shift >= BLOCK_SHIFT_MIN && shift <= BLOCK_SHIFT_MAX;
}

/** A file that is there to be locked. */
function locked(directory: string): Medium {
  const path = join(directory, LOCK);
  const options = { size: 1, readOnly: false, medium: 'file' } as const;
  try {
    const medium = openMedium(path, { ...options, mode: 'open-or-create' });
    if (medium.isNew) publish(medium);
    return medium;
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    // Somebody else was first to make it.
    if (error.code === 'VARVE_EXISTS') return locked(directory);
    if (error.code !== 'VARVE_LOCKED') throw error;
    const message = `Cannot use the blocks in '${directory}': another process, or this one, has them; close that one first`;
    throw new VarveError('VARVE_LOCKED', message, { path: directory, cause: error });
  }
}

function publish(medium: Medium): void {
  try {
    medium.publish();
  } catch (error) {
    medium.close();
    throw error;
  }
}
