import fs from 'node:fs';
import type { Addon } from '../base/addon.js';
import { loadAddon } from '../base/native-loader.js';
import { closeFd } from './descriptor.js';
import { acknowledgedAt, LIVE, type LivePlace, leave, openAsWriter } from './live-file.js';
import { sweepNowAndThen } from './live-sweep.js';

const { words: WORDS } = LIVE;
const [NEWS, STRUCTURE, WRITER, WAKES, THREADS] = [
  LIVE.news,
  LIVE.structure,
  LIVE.writer,
  LIVE.wakes,
  LIVE.threads,
].map((at) => at / 4) as [number, number, number, number, number];

/** The writer's side of a live file. Nothing here throws: what cannot be told is not told. */
export class LiveWriter {
  /** Where `persisted` and `committed` are stored: with the addon in the page itself, so that a store is all that is needed. */
  readonly numbers: Float64Array;
  /** The page, from its beginning on: what each thread has persisted by itself stands at `acknowledgedAt`. */
  readonly #page: Float64Array;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #place: LivePlace;
  readonly #fd: number;
  readonly #addon: Addon | undefined;
  readonly #mapping: number;
  #closed = false;

  /**
   * Opens or makes the live file; undefined where that cannot be.
   *
   * @param joins true if another thread of this process has it open: what readers know stays good
   */
  static open(place: LivePlace, joins: boolean): LiveWriter | undefined {
    const fd = openAsWriter(place);
    return fd === undefined ? undefined : new LiveWriter(place, fd, joins);
  }

  private constructor(place: LivePlace, fd: number, joins: boolean) {
    this.#place = place;
    this.#fd = fd;
    const mapped = mapPage(fd);
    this.#addon = mapped?.addon;
    this.#mapping = mapped?.mapping ?? 0;
    const memory = mapped?.memory ?? readPage(fd);
    this.#page = new Float64Array(memory, 0, LIVE.bytes / 8);
    this.numbers = new Float64Array(memory, WORDS.at, WORDS.bytes / 8);
    this.#words = new Uint32Array(memory, WORDS.at, WORDS.bytes / 4);
    this.#bytes = new Uint8Array(memory, WORDS.at, WORDS.bytes);
    this.#words[WAKES] = this.#addon === undefined ? 0 : 1;
    this.#words[WRITER] = process.pid;
    if (!joins) this.#begin();
  }

  #begin(): void {
    this.structure++;
    // What an earlier writer's threads have said need not be true of a file that was restored since.
    this.#words[THREADS] = 0;
    this.#page.fill(0, LIVE.acknowledged.at / 8);
  }

  /**
   * Gives a thread a number of its own to store what it has persisted. One thread at a time may ask for that.
   *
   * @param thread counted from 0
   * @returns undefined where what is stored is not there for readers at once
   */
  acknowledged(thread: number): Float64Array | undefined {
    if (!this.isMapped) return undefined;
    this.#words[THREADS] = Math.max(this.#words[THREADS] as number, thread + 1);
    const at = acknowledgedAt(thread) / 8;
    return this.#page.subarray(at, at + 1);
  }

  /** True if what is stored is there for readers at once. */
  get isMapped(): boolean {
    return this.#addon !== undefined;
  }

  /** Another number than before tells readers that the structure of the stream has changed, on the medium: they are to look at its table again. */
  get structure(): number {
    return this.#words[STRUCTURE] as number;
  }

  set structure(number: number) {
    this.#words[STRUCTURE] = number;
  }

  /** Wakes those who wait in a futex; true if there was one. Others are told by `tell`. */
  wake(): boolean {
    if (this.#addon === undefined) return false;
    return this.#addon.ring(this.#mapping, WORDS.at + LIVE.news) > 0;
  }

  /** Wakes everybody, also those who watch the file as a file; true if one waited in a futex. */
  tell(): boolean {
    if (this.#addon === undefined) this.#words[NEWS] = (this.#words[NEWS] as number) + 1;
    const woken = this.wake();
    this.show();
    return woken;
  }

  /** Wakes those who watch the file as a file. With the addon everything stands there already, and one word is written only for them. */
  show(): void {
    const bytes = this.#addon === undefined ? WORDS.bytes : Uint32Array.BYTES_PER_ELEMENT;
    try {
      fs.writeSync(this.#fd, this.#bytes, LIVE.news, bytes, WORDS.at + LIVE.news);
    } catch {
      // They look from time to time.
    }
  }

  /**
   * Lets go of the file, which stays as long as somebody follows.
   *
   * @param last false if other threads of this process go on
   */
  close(last: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    if (last) {
      this.#words[WRITER] = 0;
      this.tell();
    }
    if (this.#addon !== undefined) unmapPage(this.#addon, this.#mapping);
    if (!last) {
      closeFd(this.#fd);
      return;
    }
    leave(this.#place, this.#fd, true);
    sweepNowAndThen();
  }
}

function mapPage(fd: number): { addon: Addon; mapping: number; memory: ArrayBuffer } | undefined {
  const addon = loadAddon();
  try {
    return addon && { addon, ...addon.map(fd, 0, LIVE.bytes, 'shared', false) };
  } catch {
    return undefined;
  }
}

function unmapPage(addon: Addon, mapping: number): void {
  try {
    addon.unmap(mapping);
  } catch {
    // It stays mapped until the process ends.
  }
}

function readPage(fd: number): ArrayBuffer {
  const page = new Uint8Array(LIVE.bytes);
  try {
    fs.readSync(fd, page, 0, page.length, 0);
  } catch {
    // Then counting begins anew.
  }
  return page.buffer;
}
