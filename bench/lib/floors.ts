import fs from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Addon } from '../../src/base/addon.js';
import { loadAddon } from '../../src/base/native-loader.js';
import { timed, timedAsync } from './stats.js';

const fdatasync = promisify(fs.fdatasync);

/** Bytes before the payload of an entry. */
const HEADER = 16;

/** Bytes that an entry takes in its region. */
export function strideOf(size: number): number {
  return HEADER + size + (-size & 7);
}

/** Words of a new mapped file of `bytes` in `directory`, which is gone from there at once; undefined where there is no addon. */
export function mappedWords(directory: string, bytes: number): Uint32Array | undefined {
  const addon = loadAddon();
  if (addon === undefined) return undefined;
  const fd = newFile(directory, 'floor');
  addon.allocate(fd, 0, bytes);
  const { memory } = addon.map(fd, 0, bytes, 'shared', false);
  fs.closeSync(fd);
  return new Uint32Array(memory);
}

/** Writes to a file and syncs it by node:fs alone, as a program by hand would that appends groups of entries. */
export class RawDisk {
  readonly #directory: string;
  readonly #size: number;
  readonly #addon: Addon | undefined;
  #fd = -1;
  #position = 0;

  /**
   * @param size bytes of the file
   * @param addon allocates the blocks without writing them; left out: they are written first
   */
  constructor(directory: string, size: number, addon?: Addon) {
    this.#directory = directory;
    this.#size = size;
    this.#addon = addon;
    this.#renew();
  }

  /**
   * One round: `groups` times one write and one data sync. Written blocks are written anew every round; allocated ones never.
   *
   * @returns nanoseconds
   */
  run(source: Uint8Array, groups: number): number {
    if (this.#addon === undefined) this.#position = 0;
    else if (this.#position + groups * source.length > this.#size) this.#renew();
    return timed(() => {
      for (let group = 0; group < groups; group++) {
        fs.writeSync(this.#fd, source, 0, source.length, this.#position);
        fs.fdatasyncSync(this.#fd);
        this.#position += source.length;
      }
    });
  }

  /** As `run` over written blocks, with the syncs in another thread, as whoever may not block the event loop has to. */
  runElsewhere(source: Uint8Array, groups: number): Promise<number> {
    this.#position = 0;
    return timedAsync(async () => {
      for (let group = 0; group < groups; group++) {
        fs.writeSync(this.#fd, source, 0, source.length, this.#position);
        await fdatasync(this.#fd);
        this.#position += source.length;
      }
    });
  }

  #renew(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = newFile(this.#directory, 'raw');
    if (this.#addon === undefined) fs.writeSync(this.#fd, new Uint8Array(this.#size), 0, this.#size, 0);
    else this.#addon.allocate(this.#fd, 0, this.#size);
    fs.fsyncSync(this.#fd);
    this.#position = 0;
  }
}

/** A file without a name: nothing is left of it, however the process ends. */
function newFile(directory: string, name: string): number {
  const path = join(directory, `${name}-${process.pid}`);
  const fd = fs.openSync(path, 'wx+');
  fs.unlinkSync(path);
  return fd;
}
