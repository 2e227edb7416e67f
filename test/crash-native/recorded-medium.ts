import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Access, Extent, Medium } from '../../src/media/medium.js';
import { openMedium } from '../../src/media/open.js';
import { CrashPoint, type Flushed } from '../../src/testing/crash-point.js';
import type { DrainMoment } from '../../src/testing/index.js';

/** As native/cpu_recorded.c has them. */
const LINE = 64;
const PENDING = { count: 8, flushed: 8 + LINE };
/** So many lines may be written back between two fences. */
const LINES_MAX = 8192;
/** Of more words in doubt than these, images are made by lines, whole and torn. */
const WORDS_MAX = 256;

/** A directory of its own, in memory where the machine has that. */
export function makeDirectory(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'varve-power-cut-'));
}

/**
 * A stream's file, and beside it what the recorded build of the addon writes down of its flushes and fences. There can be one in a
 * process, made before anything is mapped.
 */
export class Recording {
  /** The stream's file. */
  readonly path: string;
  readonly #durable: string;
  readonly #pending: number;

  /**
   * @param directory empty
   * @param size bytes of every stream to come
   */
  constructor(directory: string, size: number) {
    this.path = join(directory, 'stream');
    this.#durable = join(directory, 'durable');
    writeFileSync(this.path, new Uint8Array(size));
    writeFileSync(this.#durable, new Uint8Array(size));
    const pending = join(directory, 'pending');
    writeFileSync(pending, new Uint8Array(PENDING.count + LINES_MAX * PENDING.flushed));
    this.#pending = openSync(pending, 'r+');
    process.env['VARVE_RECORD'] = directory;
  }

  /** Has the file hold these bytes, all of them durable. Nothing may be mapped. */
  start(image: Uint8Array): void {
    writeFileSync(this.path, image, { flag: 'r+' });
    writeFileSync(this.#durable, image, { flag: 'r+' });
    writeSync(this.#pending, new Uint8Array(PENDING.count), 0, PENDING.count, 0);
  }

  /** What a power cut at this moment could leave. */
  crashPoint(): CrashPoint {
    const [durable, volatile] = this.#images();
    const unit = differences(volatile, durable, 0, volatile.length).length > WORDS_MAX ? LINE : 8;
    return new CrashPoint(unit, durable, volatile, this.#flushed());
  }

  /** The offsets of all words in [offset, offset + length) that a power cut at this moment could lose. */
  pendingIn(offset: number, length: number): number[] {
    const [durable, volatile] = this.#images();
    return differences(volatile, durable, offset, length);
  }

  /** Ends the recording; the directory stays. */
  close(): void {
    closeSync(this.#pending);
  }

  #images(): [durable: Uint8Array, volatile: Uint8Array] {
    // Not the buffers themselves, whose slices are no copies.
    return [new Uint8Array(readFileSync(this.#durable)), new Uint8Array(readFileSync(this.path))];
  }

  #flushed(): Flushed[] {
    const [count] = new BigUint64Array(this.#read(0, PENDING.count));
    const bytes = this.#read(PENDING.count, Number(count) * PENDING.flushed);
    return Array.from({ length: Number(count) }, (_, i) => {
      const at = i * PENDING.flushed;
      const from = Number(new DataView(bytes).getBigUint64(at, true));
      return { from, to: from + LINE, start: from, bytes: new Uint8Array(bytes, at + PENDING.count, LINE) };
    });
  }

  #read(position: number, length: number): ArrayBuffer {
    const bytes = new Uint8Array(length);
    readSync(this.#pending, bytes, 0, length, position);
    return bytes.buffer;
  }
}

/** The offsets of the words of [offset, offset + length) in which two images differ. */
function differences(one: Uint8Array, other: Uint8Array, offset: number, length: number): number[] {
  const end = offset + length;
  const differing: number[] = [];
  if (Buffer.compare(one.subarray(offset, end), other.subarray(offset, end)) === 0) return differing;
  for (let at = offset - (offset % 8); at < end; at += 8) {
    if (Buffer.compare(one.subarray(at, at + 8), other.subarray(at, at + 8)) !== 0) differing.push(at);
  }
  return differing;
}

/**
 * The file of a recording, mapped as `pmem`: medium, core and addon do what they do on persistent memory, line by line. Unlike `pmem`
 * itself it can be opened again after a close.
 */
export class RecordedMedium implements Medium {
  readonly kind = 'pmem';
  readonly granularity = 64;
  readonly readOnly = false;
  readonly slow = false;
  readonly volatile = false;
  readonly retains = true;
  readonly isNew = false;
  readonly path = undefined;
  readonly size: number;
  /** Called at each drain: a place to take `crashPoint()`. */
  onDrain: ((moment: DrainMoment) => void) | undefined;
  readonly #recording: Recording;
  #opened: Medium | undefined;

  /** @param image what is on the medium */
  constructor(recording: Recording, image: Uint8Array) {
    recording.start(image);
    this.#recording = recording;
    this.size = image.length;
  }

  get failed(): Error | undefined {
    return this.#opened?.failed;
  }

  lock(): void {
    this.#opened = openMedium(this.#recording.path, { mode: 'open', readOnly: false, medium: 'pmem' });
  }

  open(offset: number, length: number, access: Access): Extent {
    return this.#medium.open(offset, length, access);
  }

  drainSync(): void {
    this.onDrain?.('before drain');
    this.#medium.drainSync();
    this.onDrain?.('after drain');
  }

  async drain(): Promise<void> {
    this.drainSync();
  }

  publish(): void {}

  close(): void {
    this.#opened?.close();
    this.#opened = undefined;
  }

  crashPoint(): CrashPoint {
    return this.#recording.crashPoint();
  }

  pendingIn(offset: number, length: number): number[] {
    return this.#recording.pendingIn(offset, length);
  }

  get #medium(): Medium {
    if (this.#opened === undefined) throw new Error('The recorded medium is closed');
    return this.#opened;
  }
}
