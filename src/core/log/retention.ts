import type { Acts } from './acts.js';
import type { Cut, Retention } from './facts.js';
import { Head } from './head.js';
import type { LogCore } from './log-core.js';
import type { Segment } from './segment.js';
import { startOf } from './starts.js';
import { trim } from './trim.js';
import { unlessFreed } from './unless-freed.js';

/** Keeps a log to what its options say: looks how much of its beginning is too much, and trims that. */
export class Retainer {
  readonly #log: LogCore;
  /** Ahead of the log's head where somebody still needs what is too much. */
  #scout: Head;
  #cuts: readonly Cut[];

  constructor(log: LogCore) {
    this.#log = log;
    this.#cuts = log.journal.state.cuts;
    this.#scout = new Head(log.chain);
  }

  /** Trims what is too much. */
  *acts(): Acts {
    this.#log.follow();
    const before = unlessFreed(this.#log, () => this.#keptFrom());
    if (before > this.#log.trimmedBelow) yield* trim(this.#log, before);
  }

  /** The timestamp of the first entry that is to be kept, or one that only those before it are below; 0 if there is none. */
  #keptFrom(): number {
    const { options, trimmedBelow } = this.#log;
    const bounds = { ...options.retain, from: Date.now() - (options.retain.age ?? Number.POSITIVE_INFINITY) };
    const scout = this.#fresh();
    if (!scout.seek(trimmedBelow)) return 0;
    let behind = whatIsBehind(scout);
    while (isTooMuch(scout, behind, bounds)) {
      const next = this.#isSegmentTooMuch(behind, bounds) ? scout.segment.last + 1 : scout.timestamp + 1;
      if (!scout.seek(next)) return next;
      if (scout.segment !== behind.segment) behind = whatIsBehind(scout);
    }
    return scout.timestamp;
  }

  /** What was too much is not any more once entries were taken from the end. */
  #fresh(): Head {
    const { cuts } = this.#log.journal.state;
    if (cuts !== this.#cuts) this.#scout = new Head(this.#log.chain);
    this.#cuts = cuts;
    return this.#scout;
  }

  /** True if whatever stands in the scout's segment is too much, to judge by the segments behind it. */
  #isSegmentTooMuch(behind: Behind, { bytes, entries, from }: Bounds): boolean {
    const next = this.#log.chain.after(behind.segment);
    if (next === undefined) return false;
    if (bytes !== undefined && behind.bytes >= bytes) return true;
    if (entries !== undefined && behind.entries >= entries) return true;
    return (startOf(next)?.time ?? Number.POSITIVE_INFINITY) < from;
  }
}

/** What stands in the segments behind one: summed up once for all entries of that one. */
interface Behind {
  readonly segment: Segment;
  readonly entries: number;
  readonly bytes: number;
}

function whatIsBehind({ segment, entriesBehind, bytesBehind }: Head): Behind {
  return { segment, entries: entriesBehind, bytes: bytesBehind };
}

interface Bounds extends Retention {
  /** Milliseconds since 1970: what was appended before is too old. */
  readonly from: number;
}

function isTooMuch(head: Head, behind: Behind, { bytes, entries, from }: Bounds): boolean {
  if (bytes !== undefined && behind.bytes + head.bytesHere > bytes) return true;
  if (entries !== undefined && behind.entries + head.entriesHere > entries) return true;
  return head.time < from;
}
