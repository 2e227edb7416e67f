import { VarveError, type VarveErrorCode } from '../base/errors.js';
import { roundUp } from '../base/sizes.js';
import { Heap } from '../core/heap.js';
import { FileBytes } from './file-bytes.js';
import { ENTRY, HEADER, KIND, KIND_SHIFT, NONE, REGION, SIGNATURE } from './layout.js';

const SIZE_MASK = (1n << KIND_SHIFT) - 1n;
const BLOCK_SIZE_MAX = 2 ** 40;

/** A region of such a file. */
export interface SourceRegion {
  /** Its place in the list of regions, from 1 on. */
  readonly number: number;
  /** Bytes that its entries may take, 16 for each of them included. */
  readonly size: number;
}

/** An entry of such a file. */
export interface SourceEntry {
  readonly region: SourceRegion;
  readonly timestamp: number;
  readonly data: Uint8Array;
}

/** A region, and where its entries lie in the file. */
interface Found extends SourceRegion {
  readonly from: number;
  readonly to: number;
  /** No valid entry is newer. */
  readonly newest: bigint;
}

/**
 * Reads a file that pmemstream 0.2.1 wrote, by its own rules: an entry counts if neither it nor one before it in its region is newer than its region and
 * the stream say is persisted. There are no checksums, so every number is suspected: what contradicts itself is refused, in time and memory in
 * proportion to the file.
 */
export class PmemstreamFile {
  readonly regions: readonly SourceRegion[];
  readonly blockSize: number;
  readonly #file: FileBytes;
  readonly #found: readonly Found[];

  /** @throws VARVE_NOT_FOUND, VARVE_NOT_A_STREAM if it is none of pmemstream's, VARVE_CORRUPT if it contradicts itself, VARVE_IO */
  constructor(path: string | URL) {
    this.#file = new FileBytes(path);
    try {
      this.#assertSignature();
      this.blockSize = this.#blockSize();
      this.#found = this.#findRegions();
      this.regions = this.#found;
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /**
   * All valid entries, in the order of their timestamps.
   *
   * @throws VARVE_CORRUPT at an entry that contradicts itself, or another one
   */
  *entries(): IterableIterator<SourceEntry> {
    const heads = new Heap<Walk>();
    for (const region of this.#found) {
      const walk = new Walk(this.#file, region);
      if (walk.next()) heads.push(walk, walk.timestamp);
    }
    let last = 0;
    for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
      const { region, timestamp, data } = head;
      if (timestamp <= last)
        throw corrupt(this.#file, `two entries have timestamp ${timestamp}`, head.position);
      last = timestamp;
      yield { region, timestamp, data };
      if (head.next()) heads.push(head, head.timestamp);
    }
  }

  close(): void {
    this.#file.close();
  }

  #assertSignature(): void {
    const file = this.#file;
    const isThere = file.size >= HEADER.size;
    const bytes = isThere ? Buffer.from(file.bytes(0, HEADER.signatureSize)) : Buffer.alloc(0);
    const signature = Buffer.alloc(HEADER.signatureSize);
    signature.write(SIGNATURE);
    if (!bytes.equals(signature)) {
      throw failure('VARVE_NOT_A_STREAM', file, 'it does not begin as a stream of pmemstream', 0);
    }
    const size = this.#number(HEADER.streamSize);
    if (size > file.size)
      throw corrupt(file, `only ${file.size} of its ${size} bytes are left`, HEADER.streamSize);
  }

  #blockSize(): number {
    const size = this.#number(HEADER.blockSize);
    const makesSense = size > 0 && size % 8 === 0 && size <= BLOCK_SIZE_MAX;
    if (!makesSense) throw corrupt(this.#file, `its block size is ${size}`, HEADER.blockSize);
    return size;
  }

  /** Follows the list of allocated regions. */
  #findRegions(): Found[] {
    const file = this.#file;
    const base = Math.ceil(HEADER.size / this.blockSize) * this.blockSize;
    const end = Math.min(file.size, base + this.#number(HEADER.usable));
    const persisted = file.word(HEADER.persisted) as bigint;
    const found: Found[] = [];
    const taken = new Set<number>();
    for (let link = file.word(HEADER.firstAllocated) as bigint; link !== NONE; ) {
      const at = base + Number(link);
      const isPlace = link < BigInt(end) && Number(link) % this.blockSize === 0 && at + REGION.data <= end;
      if (!isPlace || taken.has(at)) throw corrupt(file, `a region stands at ${link}, or twice there`, at);
      taken.add(at);
      const region = this.#regionAt(at, end, found.length + 1, persisted);
      found.push(region);
      link = file.word(at + REGION.next) as bigint;
    }
    assertApart(file, found);
    return found;
  }

  #regionAt(at: number, end: number, number: number, persisted: bigint): Found {
    const file = this.#file;
    const tagged = file.word(at + REGION.size) as bigint;
    const size = Number(tagged & SIZE_MASK);
    const from = at + REGION.data;
    if (tagged >> KIND_SHIFT !== KIND.region || size % 8 !== 0 || from + size > end) {
      throw corrupt(file, `what stands at ${at} is no region`, at);
    }
    const own = file.word(at + REGION.newest) as bigint;
    return { number, size, from, to: from + size, newest: own < persisted ? own : persisted };
  }

  #number(offset: number): number {
    const word = this.#file.word(offset) as bigint;
    if (word > BigInt(Number.MAX_SAFE_INTEGER))
      throw corrupt(this.#file, `the number at ${offset} makes no sense`, offset);
    return Number(word);
  }
}

/** Goes from entry to entry of a region. */
class Walk {
  readonly region: Found;
  timestamp = 0;
  position: number;
  #size = 0;
  #next: number;
  readonly #file: FileBytes;

  constructor(file: FileBytes, region: Found) {
    this.#file = file;
    this.region = region;
    this.position = region.from;
    this.#next = region.from;
  }

  /** Steps to the next valid entry; false if there is none. */
  next(): boolean {
    const { to, newest } = this.region;
    const at = this.#next;
    if (at + ENTRY.data > to) return false;
    const tagged = this.#file.word(at + ENTRY.size) as bigint;
    if (tagged === 0n) return false;
    const timestamp = this.#file.word(at + ENTRY.timestamp) as bigint;
    if (timestamp > newest) return false;
    const size = Number(tagged & SIZE_MASK);
    const isWhole = tagged >> KIND_SHIFT === KIND.entry && at + ENTRY.data + size <= to;
    if (!isWhole) throw corrupt(this.#file, `the entry at ${at} is none, or too long`, at);
    const known = timestamp <= BigInt(Number.MAX_SAFE_INTEGER - 1) ? Number(timestamp) : 0;
    if (known <= this.timestamp) throw corrupt(this.#file, `the timestamp at ${at} does not rise`, at);
    this.timestamp = known;
    this.position = at;
    this.#size = size;
    this.#next = at + ENTRY.data + roundUp(size, 8);
    return true;
  }

  get data(): Uint8Array {
    return this.#file.bytes(this.position + ENTRY.data, this.#size);
  }
}

/** Regions that lie in each other would let a small file yield any number of entries. */
function assertApart(file: FileBytes, regions: readonly Found[]): void {
  let end = 0;
  for (const { from, to } of [...regions].sort((a, b) => a.from - b.from)) {
    if (from - REGION.data < end) throw corrupt(file, `two regions lie in each other at ${from}`, from);
    end = to;
  }
}

function corrupt(file: FileBytes, what: string, offset: number): VarveError {
  return failure('VARVE_CORRUPT', file, what, offset);
}

function failure(code: VarveErrorCode, { path }: FileBytes, what: string, offset: number): VarveError {
  return new VarveError(code, `Cannot read '${path}': ${what}`, { path, offset });
}
