import { roundUp } from '../base/sizes.js';
import { REGION_MAX, RecordKind, TABLE_EXTENT_MAX, TABLE_SLOT, TABLE_SLOTS_MIN } from '../format/layout.js';
import type { TableRecord } from '../format/record.js';
import type { TableArea } from './table-area.js';

/** The part of a stream that regions and table extents may take: [start, end), in multiples of `blockSize`. */
export interface DataArea {
  start: number;
  end: number;
  blockSize: number;
}

/** A stream as far as its table has to know it. */
export interface StreamGround {
  /** As it is at the moment: a stream may grow. */
  readonly data: DataArea;
  readonly seed: number;
}

/** Says where regions and table extents may lie. */
export class TableSpace {
  readonly #stream: StreamGround;

  constructor(stream: StreamGround) {
    this.#stream = stream;
  }

  /** Bytes that the next table extent takes: twice the largest one's. Undefined if there can be none any more. */
  nextExtent(further: readonly TableArea[]): number | undefined {
    const largest = Math.max(0, ...further.map(({ extent }) => extent.length));
    const next = Math.max(this.#leastExtent, 2 * largest);
    return this.#isExtentLength(next) ? next : undefined;
  }

  /** True if a record speaks of a place behind the end of the data. */
  isBehind({ offset, length }: TableRecord): boolean {
    return offset + length > this.#stream.data.end;
  }

  /**
   * True if a record speaks of a place within the data. False also for a table extent that overlaps another one or is as long, so that a
   * forged table cannot lead round in circles.
   */
  holds({ kind, offset, length }: TableRecord, areas: readonly TableArea[]): boolean {
    const { start, end, blockSize } = this.#stream.data;
    const lies = offset >= start && length > 0 && offset + length <= end;
    if (!lies || offset % blockSize !== 0 || length % blockSize !== 0) return false;
    if (kind !== RecordKind.table) return length <= REGION_MAX;
    if (!this.#isExtentLength(length)) return false;
    return areas.every(({ offset: at, extent }) => {
      const apart = offset + length <= at || at + extent.length <= offset;
      return apart && extent.length !== length;
    });
  }

  get #leastExtent(): number {
    return roundUp(TABLE_SLOTS_MIN * TABLE_SLOT, this.#stream.data.blockSize);
  }

  /** There is one extent of each length at most: a forged table cannot make an opening long. */
  #isExtentLength(length: number): boolean {
    const doublings = Math.log2(length / this.#leastExtent);
    return doublings === 0 || (Number.isInteger(doublings) && doublings > 0 && length <= TABLE_EXTENT_MAX);
  }
}
