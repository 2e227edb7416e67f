import { RECORD } from '../format/layout.js';
import { isSame, type RecordCopies, type SlotCodec, type TableArea, type TableCopies } from './table-area.js';

const RECORD_WORDS = RECORD.size / 4;
/** How often a slot is looked at before it is believed that both of its copies are damaged: one may be just being written each time. */
const LOOKS = 8;
/** No record begins with such a word. */
const NEVER = 0xffff_ffff;

/** A slot whose bytes are others than at the last look. */
export interface SlotNews {
  readonly index: number;
  /** Its two copies; both undefined if neither is whole, however often one looks. */
  readonly copies: RecordCopies;
}

/**
 * The slots of an area as they were when somebody looked last: where others write to the table, too, a further look decodes only what has
 * changed since. Slots are decoded from copies of their own, so that nothing changes between two loads.
 */
export class AreaView {
  readonly #area: TableArea;
  readonly #codec: SlotCodec;
  readonly #firsts: Uint32Array;
  readonly #seconds: Uint32Array;

  constructor(area: TableArea, codec: SlotCodec) {
    this.#area = area;
    this.#codec = codec;
    this.#firsts = new Uint32Array(area.slots * RECORD_WORDS).fill(NEVER);
    this.#seconds = new Uint32Array(area.slots * RECORD_WORDS).fill(NEVER);
  }

  /** Looks again. Each slot that has changed is taken over before it is handed out. */
  *news(): Generator<SlotNews, void, void> {
    this.#area.extent.rewind();
    const { firsts, seconds } = this.#codec.copies(this.#area);
    if (isSame(firsts, this.#firsts) && isSame(seconds, this.#seconds)) return;
    for (let index = 0; index < this.#area.slots; index++) {
      const at = index * RECORD_WORDS;
      if (isSameAt(firsts, this.#firsts, at) && isSameAt(seconds, this.#seconds, at)) continue;
      yield { index, copies: this.#read(index, { firsts, seconds }) };
    }
  }

  /** The next look takes the slot for changed, whatever is there. */
  forget(index: number): void {
    this.#firsts[index * RECORD_WORDS] = NEVER;
  }

  /** True if the slot still is as it was handed out. */
  isStill(index: number): boolean {
    this.#area.extent.rewind();
    const { firsts, seconds } = this.#codec.copies(this.#area);
    const at = index * RECORD_WORDS;
    return isSameAt(firsts, this.#firsts, at) && isSameAt(seconds, this.#seconds, at);
  }

  #read(index: number, copies: TableCopies): RecordCopies {
    let found = this.#takeOver(index, copies);
    for (let looks = 1; looks < LOOKS; looks++) {
      if (found.first !== undefined || found.second !== undefined) break;
      this.#area.extent.rewind();
      found = this.#takeOver(index, this.#codec.copies(this.#area));
    }
    return found;
  }

  #takeOver(index: number, { firsts, seconds }: TableCopies): RecordCopies {
    const from = index * RECORD_WORDS;
    const to = from + RECORD_WORDS;
    this.#firsts.set(firsts.subarray(from, to), from);
    this.#seconds.set(seconds.subarray(from, to), from);
    return this.#codec.decode(this.#area, index, { firsts: this.#firsts, seconds: this.#seconds });
  }
}

function isSameAt(one: Uint32Array, other: Uint32Array, at: number): boolean {
  for (let i = at; i < at + RECORD_WORDS; i++) if (one[i] !== other[i]) return false;
  return true;
}
