import type { Blocks, BlocksAllocator } from '../../src/blocks/index.js';
import type { Extent } from '../../src/index.js';
import { SimulatedMedium, type SimulatedOptions } from '../../src/testing/index.js';

/** Slots of the table in front, a word each: 0, or by when its blocks were allocated. */
const SLOTS = 64;
const TABLE = 512;

/** Gives out slices of one simulated medium, so that a crash may take and leave anything of all of them. */
export class Sliced implements BlocksAllocator {
  readonly medium: SimulatedMedium;
  readonly count: number;
  readonly shift: number;
  readonly #table: Extent;
  readonly #slices = new Map<Blocks, number>();

  constructor(medium: SimulatedMedium, count: number, shift: number) {
    this.medium = medium;
    this.count = count;
    this.shift = shift;
    this.#table = medium.open(0, TABLE);
  }

  static create(count: number, shift: number, options: SimulatedOptions = {}): Sliced {
    const medium = new SimulatedMedium(TABLE + SLOTS * count * 2 ** shift, options);
    medium.publish();
    return new Sliced(medium, count, shift);
  }

  static fromImage(image: Uint8Array, { count, shift, medium }: Sliced): Sliced {
    const { granularity } = medium;
    return new Sliced(SimulatedMedium.fromImage(image, { granularity }), count, shift);
  }

  alloc(count: number, shift: number): Blocks {
    if (count !== this.count || shift !== this.shift) throw new RangeError('not the blocks of this table');
    const slot = this.#words().indexOf(0);
    if (slot < 0) throw new RangeError('the table is full');
    const blocks = this.#slice(slot);
    blocks.storeAt(0, [new Uint8Array(count * 2 ** shift)]);
    this.medium.drainSync();
    this.#mark(slot, Math.max(0, ...this.#words()) + 1);
    return blocks;
  }

  release(blocks: Blocks): void {
    const slot = this.#slices.get(blocks);
    if (slot === undefined) throw new RangeError('these blocks are not of this table');
    this.#mark(slot, 0);
    this.#slices.delete(blocks);
    (blocks as Slice).giveUp();
  }

  retrieve(): Blocks[] {
    const taken = [...this.#words().entries()].filter(([, order]) => order > 0);
    return taken.sort(([, one], [, other]) => one - other).map(([slot]) => this.#slice(slot));
  }

  close(): void {
    this.medium.close();
  }

  #slice(slot: number): Slice {
    const slice = new Slice(this.medium, this.count, this.shift, TABLE + slot * this.count * 2 ** this.shift);
    this.#slices.set(slice, slot);
    return slice;
  }

  #words(): number[] {
    const { words } = this.#table.read(0, SLOTS * 8, TABLE);
    return Array.from({ length: SLOTS }, (_, slot) => words[2 * slot] as number);
  }

  #mark(slot: number, order: number): void {
    this.#table.write(slot * 8, 8).words[2 * slot] = order;
    this.#table.flush(slot * 8, slot * 8 + 8);
    this.medium.drainSync();
  }
}

/** Blocks whose medium is not theirs alone. */
class Slice implements Blocks {
  readonly blockCount: number;
  readonly blockShift: number;
  readonly #medium: SimulatedMedium;
  readonly #extent: Extent;

  constructor(medium: SimulatedMedium, count: number, shift: number, offset: number) {
    this.blockCount = count;
    this.blockShift = shift;
    this.#medium = medium;
    this.#extent = medium.open(offset, count * 2 ** shift);
  }

  loadFrom(block: number, buffers: readonly Uint8Array[]): void {
    const { bytes } = this.#extent.read(0, this.#extent.length, this.#extent.length);
    let at = block * 2 ** this.blockShift;
    for (const buffer of buffers) {
      buffer.set(bytes.subarray(at, at + buffer.length));
      at += buffer.length;
    }
  }

  storeAt(block: number, buffers: readonly Uint8Array[]): void {
    let at = block * 2 ** this.blockShift;
    for (const buffer of buffers) {
      this.#extent.write(at, buffer.length).bytes.set(buffer, at);
      this.#extent.flush(at, at + buffer.length);
      at += buffer.length;
    }
  }

  sync(): Promise<void> {
    return this.#medium.drain();
  }

  syncSync(): void {
    this.#medium.drainSync();
  }

  giveUp(): void {
    this.#extent.release();
  }
}
