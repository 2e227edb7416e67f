import { VarveError } from '../base/errors.js';
import { formOf, strideAt, timestampAt } from '../format/entry.js';
import { ENTRY, Form, TIMESTAMP_END } from '../format/layout.js';
import type { Window } from '../media/window.js';
import type { Walker } from './cursor.js';
import { Heap } from './heap.js';
import type { RegionLog } from './region-log.js';
import type { Remains, Stretch } from './salvage.js';

/** Bytes that are verified ahead at a time. */
const AHEAD = 256 * 1024;

/** Goes through the whole entries of a damaged region. What was verified when they were found is verified again. */
class RemainsCursor implements Walker {
  readonly region: RegionLog;
  window!: Window;
  position = -1;
  size = 0;
  timestamp: number;
  /** Where nobody writes, nothing goes away. */
  readonly stale = false;
  readonly #stretches: readonly Stretch[];
  #stretch = 0;
  #next = 0;
  /** Entries up to here were verified in the window. */
  #end = 0;

  constructor({ region, stretches }: Remains) {
    this.region = region;
    this.timestamp = region.slot.record.birth - 1;
    this.#stretches = stretches;
    this.#next = stretches[0]?.from ?? 0;
    this.#end = this.#next;
  }

  next(): boolean {
    for (;;) {
      if (this.#next >= this.#end && !this.#refill()) return false;
      const { words, start } = this.window;
      const word = (this.#next - start) / 4;
      this.position = this.#next;
      this.#next += strideAt(words, word);
      if (formOf(words[word + ENTRY.highWord] as number) === Form.filler) continue;
      this.size = words[word] as number;
      this.timestamp = timestampAt(words, word);
      return true;
    }
  }

  #refill(): boolean {
    const stretch = this.#stretches[this.#stretch];
    if (stretch === undefined) return false;
    if (this.#next >= stretch.to) {
      this.#stretch++;
      this.#next = this.#stretches[this.#stretch]?.from ?? 0;
      return this.#refill();
    }
    this.#verify(stretch.to);
    return true;
  }

  #verify(limit: number): void {
    const { region, timestamp } = this;
    const position = this.#next;
    const { extent, host, seed } = region;
    let window = extent.read(position, ENTRY.header, limit);
    const next = position + strideAt(window.words, (position - window.start) / 4);
    if (next > window.end && next <= limit) window = extent.read(position, next - position, limit);
    const to = Math.min(limit, window.end, Math.max(next, position + AHEAD));
    this.window = window;
    this.#end = host.kernel.walk(window, position, to, seed, timestamp, TIMESTAMP_END).end;
    if (this.#end === position) throw changed(region, position);
  }
}

/** Goes through everything that a salvage has found, in the order of timestamps. */
export class SalvageWalker {
  readonly #ahead = new Heap<RemainsCursor>();
  #current: RemainsCursor | undefined;

  constructor(remains: readonly Remains[]) {
    for (const each of remains) this.#place(new RemainsCursor(each));
  }

  /** Steps to the next entry and returns what stands on it; undefined if there is none. */
  next(): Walker | undefined {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) this.#place(current);
    this.#current = this.#ahead.pop();
    return this.#current;
  }

  #place(cursor: RemainsCursor): void {
    if (cursor.next()) this.#ahead.push(cursor, cursor.timestamp);
  }
}

function changed({ slot }: RegionLog, offset: number): VarveError {
  return new VarveError(
    'VARVE_CORRUPT',
    `The entry at offset ${offset} of region ${slot.record.id} was whole a moment ago and is not any more: ` +
      'copy the medium to a sound one, and salvage from there',
    { offset },
  );
}
