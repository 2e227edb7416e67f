import { crc32cAligned } from '../format/crc32c.js';
import { getU64, setU64 } from '../format/words.js';

/** Bytes in front of a block's data. */
export const BLOCK_HEADER = 64;
/** The version of what lies on the blocks. */
export const BLOCKS_VERSION = 1;

/** Places in a block's header, in words of 32 bits: docs/blocks.md says what stands there. */
const WORD = {
  magic: 0,
  checksum: 1,
  id: 2,
  position: 4,
  group: 6,
  first: 8,
  number: 10,
  durable: 11,
  used: 12,
  flags: 13,
} as const;
/** "VBLK" as a little-endian word. */
const MAGIC = 0x4b4c4256;
/** Flag: the group ends with this block. */
const ENDS = 1;
const CHECKSUM_START = 0xffffffff;

/** What the header of a block says beside what its data tells. */
export interface BlockFacts {
  /** Of the block stream: as long as blocks belong to it, all carry the same. */
  readonly id: number;
  /** Where in the stream its data begins. */
  readonly position: number;
  /** Where its group begins. Everything before that was durable when the block was stored. */
  readonly group: number;
  /** Everything before this position had been dropped by then. */
  readonly first: number;
  /** Its place among the blocks, from 0. */
  readonly number: number;
  /** How many of the blocks were durable when it was stored: the number of the first one of its group here. */
  readonly durable: number;
  /** True if it is the last one of its group. */
  readonly ends: boolean;
}

/** A block in memory: a header, data, and what is left of it. */
export class Block {
  readonly bytes: Uint8Array;
  readonly #words: Uint32Array;

  /** @param bytes all of the block; they begin at a multiple of 4 of their memory */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }

  get id(): number {
    return getU64(this.#words, WORD.id);
  }

  get position(): number {
    return getU64(this.#words, WORD.position);
  }

  get group(): number {
    return getU64(this.#words, WORD.group);
  }

  get first(): number {
    return getU64(this.#words, WORD.first);
  }

  get number(): number {
    return this.#words[WORD.number] as number;
  }

  get durable(): number {
    return this.#words[WORD.durable] as number;
  }

  get ends(): boolean {
    return ((this.#words[WORD.flags] as number) & ENDS) !== 0;
  }

  /** Bytes of data. */
  get used(): number {
    return this.#words[WORD.used] as number;
  }

  /** Bytes of data that it has room for beside those. */
  get room(): number {
    return this.bytes.length - BLOCK_HEADER - this.used;
  }

  /** Where the stream's data goes on behind it. */
  get end(): number {
    return this.position + this.used;
  }

  get data(): Uint8Array {
    return this.bytes.subarray(BLOCK_HEADER, BLOCK_HEADER + this.used);
  }

  /** Adds as much of `bytes` as there is room for; returns how much that was. */
  put(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.room);
    this.bytes.set(count === bytes.length ? bytes : bytes.subarray(0, count), BLOCK_HEADER + this.used);
    this.#words[WORD.used] = this.used + count;
    return count;
  }

  /** Writes the header. From then on the block is valid. */
  seal(facts: BlockFacts): void {
    const words = this.#words;
    words[WORD.magic] = MAGIC;
    setU64(words, WORD.id, facts.id);
    setU64(words, WORD.position, facts.position);
    setU64(words, WORD.group, facts.group);
    setU64(words, WORD.first, facts.first);
    words[WORD.number] = facts.number;
    words[WORD.durable] = facts.durable;
    words[WORD.flags] = facts.ends ? ENDS : 0;
    words[WORD.checksum] = this.#checksum();
  }

  /** True if all of its header and data is what was once stored. Whose it is its id says, and where it belongs its number. */
  isWhole(): boolean {
    if (this.#words[WORD.magic] !== MAGIC || this.used > this.bytes.length - BLOCK_HEADER) return false;
    return (
      this.durable <= this.number &&
      Number.isSafeInteger(this.end) &&
      this.group <= this.end &&
      this.first <= this.end &&
      this.#words[WORD.checksum] === this.#checksum()
    );
  }

  /** Of header and data, the place of the checksum as zero. */
  #checksum(): number {
    const words = this.#words;
    const stored = words[WORD.checksum] as number;
    words[WORD.checksum] = 0;
    const checksum = crc32cAligned(CHECKSUM_START, words, 0, BLOCK_HEADER + this.used);
    words[WORD.checksum] = stored;
    return checksum;
  }
}
