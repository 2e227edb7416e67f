import { builtin } from '../base/builtins.js';
import { VarveError } from '../base/errors.js';
import { BLOCK_HEADER, BLOCKS_VERSION, Block } from './block.js';
import { assertBlocks, BLOCK_COUNT_MIN, type Blocks } from './blocks.js';

/** Data of the first block, in words: what the blocks were when they were made a block stream. */
const HEAD = { version: 0, kind: 1, shift: 2, count: 3, bytes: 16 } as const;
/** What a block stream is: on its own, or one of a chain, whose blocks say less without the others. */
export const SegmentKind = { alone: 1, chained: 2 } as const;
export type SegmentKind = (typeof SegmentKind)[keyof typeof SegmentKind];
/** Ids tell block streams apart that follow each other on the same blocks. */
const ID_BYTES = 6;

/** The blocks of one block stream, with what is known of them. Their first block is the head, the others hold the data. */
export class Segment {
  readonly blocks: Blocks;
  readonly id: number;
  /** Where the stream stood when the head was stored: data begin here, or later if others took some first. */
  readonly offset: number;
  /** Bytes of a block. */
  readonly size: number;
  /** Bytes of data that a block takes. */
  readonly payload: number;
  /** Position of the first byte here; only with data blocks. */
  base = 0;
  /** Position behind the last durable byte here. */
  end = 0;
  /** Number of blocks that are durable, the head among them; 0 until that is. */
  durable: number;
  /** Number of blocks that are taken: where the next one goes. */
  taken: number;
  #stores = 0;
  #drained = 0;

  constructor(blocks: Blocks, id: number, offset: number, durable: number) {
    this.blocks = blocks;
    this.id = id;
    this.offset = offset;
    this.size = 2 ** blocks.blockShift;
    this.payload = this.size - BLOCK_HEADER;
    this.durable = durable;
    this.taken = Math.max(durable, 1);
  }

  /** Makes blocks an empty block stream, durable with the next drain. */
  static make(blocks: Blocks, kind: SegmentKind, offset: number): Segment {
    assertBlocks(blocks.blockCount, blocks.blockShift);
    const segment = new Segment(
      blocks,
      builtin('node:crypto').randomBytes(ID_BYTES).readUIntBE(0, ID_BYTES),
      offset,
      0,
    );
    const head = segment.newBlock();
    const words = new Uint32Array(HEAD.bytes / 4);
    words[HEAD.version] = BLOCKS_VERSION;
    words[HEAD.kind] = kind;
    words[HEAD.shift] = blocks.blockShift;
    words[HEAD.count] = blocks.blockCount;
    head.put(new Uint8Array(words.buffer));
    const place = { position: offset, group: offset, first: 0, number: 0, durable: 0, ends: true };
    head.seal({ ...place, id: segment.id });
    segment.store(0, [head]);
    return segment;
  }

  /**
   * Reads the head. Undefined if there is none.
   *
   * @throws VARVE_MISMATCH if these are not the blocks it speaks of, or not for this use; VARVE_CORRUPT if there are fewer
   */
  static open(blocks: Blocks, kind: SegmentKind): Segment | undefined {
    if (blocks.blockCount < BLOCK_COUNT_MIN) throw truncated(blocks, BLOCK_COUNT_MIN);
    assertBlocks(blocks.blockCount, blocks.blockShift);
    const head = new Block(new Uint8Array(2 ** blocks.blockShift));
    blocks.loadFrom(0, [head.bytes]);
    if (!head.isWhole() || head.number !== 0 || head.used !== HEAD.bytes) return undefined;
    assertFits(blocks, new Uint32Array(head.bytes.buffer, BLOCK_HEADER, HEAD.bytes / 4), kind);
    return new Segment(blocks, head.id, head.position, 1);
  }

  /** True once data were stored here. */
  get hasData(): boolean {
    return this.durable > 1;
  }

  /** Bytes that still go into blocks that are not taken. The last one is kept for what is no data. */
  get room(): number {
    return Math.max(0, this.blocks.blockCount - 1 - this.taken) * this.payload;
  }

  /** True if something was stored that is not durable for certain. */
  get isDirty(): boolean {
    return this.#drained < this.#stores;
  }

  /** An empty block of the right size. */
  newBlock(): Block {
    return new Block(new Uint8Array(this.size));
  }

  store(number: number, blocks: readonly Block[]): void {
    this.#stores++;
    this.blocks.storeAt(
      number,
      blocks.map(({ bytes }) => bytes),
    );
  }

  /** Makes blocks void, so that they are never taken for something. */
  wipe(from: number, to: number): void {
    const zeroes = this.newBlock();
    for (let number = from; number < to; number++) this.store(number, [zeroes]);
  }

  syncSync(): void {
    const stores = this.#stores;
    this.blocks.syncSync();
    this.#drained = Math.max(this.#drained, stores);
  }

  async sync(): Promise<void> {
    const stores = this.#stores;
    await this.blocks.sync();
    this.#drained = Math.max(this.#drained, stores);
  }

  /** Loads a block into memory of `into`; undefined if it is not whole, or not of this block stream. */
  read(number: number, into: Block = this.newBlock()): Block | undefined {
    this.blocks.loadFrom(number, [into.bytes]);
    return this.owns(into) && into.number === number ? into : undefined;
  }

  /** As `read`, for a block that has to be there. */
  mustRead(number: number, into?: Block): Block {
    const block = this.read(number, into);
    if (block === undefined) throw this.damage(number);
    return block;
  }

  /** True if it is a whole block of this block stream, wherever it belongs. */
  owns(block: Block): boolean {
    return block.isWhole() && block.id === this.id;
  }

  /** The number of the first of the blocks in [from, durable) that `is` says yes to, given that it does for all behind it; or `durable`. */
  firstBlock(from: number, read: (number: number) => Block, is: (block: Block) => boolean): number {
    let low = from;
    let high = this.durable;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (is(read(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** A `VARVE_CORRUPT` for a block that is not what was stored there. */
  damage(number: number): VarveError {
    const what = `block ${number} is damaged, or was stored by somebody else; restore it`;
    return problem(this.blocks, 'VARVE_CORRUPT', what, number * this.size);
  }
}

/** Throws unless these are the blocks that the head speaks of. */
function assertFits(blocks: Blocks, head: Uint32Array, kind: SegmentKind): void {
  const [version, itsKind, shift, count = 0] = head;
  if (version !== BLOCKS_VERSION)
    throw problem(blocks, 'VARVE_MISMATCH', `it has version ${version}; this is ${BLOCKS_VERSION}`);
  if (shift !== blocks.blockShift) {
    const what = `its blocks have 2^${shift} bytes, and 2^${blocks.blockShift} were said; say what is the case`;
    throw problem(blocks, 'VARVE_MISMATCH', what);
  }
  if (itsKind !== kind) {
    const what =
      kind === SegmentKind.alone
        ? 'it is a part of an endless stream; load that'
        : 'it is no part of an endless stream; load it as a block stream';
    throw problem(blocks, 'VARVE_MISMATCH', what);
  }
  if (count > blocks.blockCount) throw truncated(blocks, count);
}

function truncated(blocks: Blocks, count: number): VarveError {
  const { blockCount, blockShift } = blocks;
  const what = `${blockCount} of its ${count} blocks are there: it was truncated; restore it`;
  return problem(blocks, 'VARVE_CORRUPT', what, blockCount * 2 ** blockShift);
}

/** An error that tells of blocks. */
export function problem(
  { path }: Blocks,
  code: 'VARVE_CORRUPT' | 'VARVE_MISMATCH' | 'VARVE_NOT_A_STREAM' | 'VARVE_NOT_FOUND',
  what: string,
  offset?: number,
): VarveError {
  const where = path === undefined ? 'the block stream' : `the block stream '${path}'`;
  return new VarveError(code, `Cannot use ${where}: ${what}`, {
    ...(path === undefined ? {} : { path }),
    ...(offset === undefined ? {} : { offset }),
  });
}
