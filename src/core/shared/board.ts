import { RegionList } from './region-list.js';

/**
 * Where everything stands on the board: the memory through which the threads of a process agree on one stream. Offsets in 32-bit words. What
 * threads store often and apart from each other lies in cache lines of its own.
 *
 * Timestamps take two words, low and high. Places in a region (tail, sealed, …) are counted in units of 8 bytes, so that one word holds them.
 */
const LINE_WORDS = 16;

/** Lines for threads. The first one stays empty, as 0 stands for no thread. */
export const THREAD_LINES = 64;

/** Of the stream. */
export const BOARD = {
  /** Newest timestamp given out: low, high. */
  last: 1,
  /** The commit under way: first word of the region's line, its tail, its number of entries, the timestamp's low and high word. */
  commit: 3,
  /** How long the two lists of regions are. */
  dirtyCount: 8,
  unmarkedCount: 9,
  /** Of the commit under way, where it is written before it counts: where on the medium the region begins (low, high), and its seed. */
  ground: 12,
  /** Not 0 from the moment on from which the commit under way counts, until it is done: `TOGETHER`, or the region's line. */
  redo: 10,
  /** Not 0 while the entry of the commit under way is written, or while a transaction is carried out: `TOGETHER` then. */
  intent: 11,
  /** In a line of its own: how far everything is durable. */
  persisted: 16,
  drainLock: 18,
  /** How many wait for the drain under way; how many waited for the last one; the low word of the last timestamp that it made durable. */
  drainWaiters: 19,
  drainServed: 20,
  drainTarget: 21,
  /** In a line of its own: what changes seldom. */
  structureLock: 32,
  /** Counts up when a region is allocated, cleared or freed. */
  structure: 33,
  /** No timestamp at or above it may be given out: low, high. */
  limit: 34,
  poisoned: 36,
  /** First word of the line of the region that is being cleared or freed; 0 if none is. */
  changing: 41,
  /** What is added to `structure` to get the number that readers of other processes know it by, subtracted. */
  toldStructure: 40,
  /** The last thread has left. */
  closed: 37,
  /** 1 if somebody waits for `news` to count up, which it then does with the next commit. */
  waiting: 38,
  news: 39,
  /** In a line of its own: who waits for it looks at it, and what its holder stores is not to go to and fro with that. */
  commitLock: 48,
  /** The threads, each in a line. */
  threads: 64,
} as const;

/** Of a thread. */
export const THREAD = {
  /** Its number; 0 if nobody has the line. */
  number: 0,
  /** How many had the line so far. */
  turns: 1,
  /** What the kernel knows the thread by. */
  id: 2,
  startLow: 3,
  startHigh: 4,
  /** 1 once it has done with the stream, while it still holds locks. */
  leaving: 5,
  size: LINE_WORDS,
} as const;

/** Of a region: first what whoever appends changes, then what others look at, each in lines of their own. */
export const REGION = {
  lock: 0,
  /** End of the committed entries, in units of 8 bytes. */
  tail: 1,
  /** Up to here the checksums are stored. */
  sealed: 2,
  /** End of everything reserved: the tail where no place is open. */
  reserved: 3,
  entries: 4,
  /** Timestamp of the last entry. */
  last: 5,
  /** Timestamp of its first entry that is not durable, exactly; means something where `durable` is not `tail`. 0 if there are only fillers. */
  pending: 7,
  /** Its places in the two lists of regions, from 1 on; 0 if it is not in one. */
  dirty: 9,
  unmarked: 10,
  /** The region's newest mark. */
  mark: 11,
  /** 1 while it is being cleared or freed: nobody appends. */
  changing: 12,
  /** Which threads have places in it of which they have yet to learn what became of them: a bit for each line of a thread, in two words. */
  expecting: 13,
  /** Counts up when the region is allocated, cleared, freed: what was read before is of another life. */
  life: LINE_WORDS,
  /** From here on the threads of this process stored the entries. */
  ownFrom: LINE_WORDS + 1,
  /** Of the record that all this goes with: the region's id, and how often it was cleared. */
  id: LINE_WORDS + 2,
  clears: LINE_WORDS + 3,
  /** Up to here everything is durable. */
  durable: 2 * LINE_WORDS,
  size: 4 * LINE_WORDS,
} as const;

/** What the list of regions with bytes that are not durable says of each, so that a commit need not look at their lines: its tail and life when it was committed to last. */
export const DIRTY = { region: 0, tail: 1, life: 2, size: 4 } as const;

/** In `redo` and `intent`: several regions are committed to at once. */
export const TOGETHER = -1;

/** The transaction that is being committed. */
export const TRANSACTION = {
  /** How many regions have a share in it; each has a record of `SHARE.size` words behind this. */
  count: 0,
  /** 1 where entries are written before they count. */
  written: 1,
  /** Its first and its last timestamp: low, high. */
  first: 2,
  last: 4,
  size: LINE_WORDS,
} as const;

/** Of a region's share in a transaction: its line, its tail and its number of entries afterwards, the timestamp of its last entry; where on the medium it begins, and its seed. */
export const SHARE = { region: 0, tail: 1, entries: 2, last: 3, ground: 5, seed: 7, size: 8 } as const;

const REGIONS = BOARD.threads + THREAD_LINES * THREAD.size;
const WORDS_PER_REGION = REGION.size + DIRTY.size + 1 + SHARE.size;
/** Units of places in a region, in bytes; and what to shift a number of bytes by to get that of units: a division is far slower. */
export const UNIT = 8;
export const UNIT_SHIFT = 3;

/** The board of one stream. */
export class Board {
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array;
  /** Slots of the region table that there can be. */
  readonly capacity: number;
  /** Regions with bytes that are not durable yet. */
  readonly dirty: RegionList;
  /** Regions with entries behind their marks. */
  readonly unmarked: RegionList;
  /** First word of the transaction that is being committed. */
  readonly transaction: number;

  /** @param memory made by `create`, in this thread or another one */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.words = new Int32Array(memory);
    this.capacity = Math.floor((this.words.length - REGIONS - TRANSACTION.size) / WORDS_PER_REGION);
    const dirty = REGIONS + this.capacity * REGION.size;
    const unmarked = dirty + this.capacity * DIRTY.size;
    this.dirty = new RegionList(this.words, dirty, BOARD.dirtyCount, REGION.dirty, DIRTY.size);
    this.unmarked = new RegionList(this.words, unmarked, BOARD.unmarkedCount, REGION.unmarked, 1);
    this.transaction = unmarked + this.capacity;
  }

  /** @param capacity slots of the region table; memory is taken only for those in use */
  static create(capacity: number): Board {
    return new Board(new SharedArrayBuffer(4 * (REGIONS + TRANSACTION.size + capacity * WORDS_PER_REGION)));
  }

  /** The first word of a region's line. */
  region(slotNumber: number): number {
    return REGIONS + slotNumber * REGION.size;
  }

  /** The first word of a line for threads. */
  thread(line: number): number {
    return BOARD.threads + line * THREAD.size;
  }
}

const WORD = 2 ** 32;
/** In the place of the upper word while both are being changed. */
const IN_CHANGE = -1;

/** A timestamp on the board, at any moment and without a lock. */
export function readTimestamp(words: Int32Array, at: number): number {
  for (;;) {
    const high = Atomics.load(words, at + 1);
    const low = Atomics.load(words, at);
    if (high !== IN_CHANGE && high === Atomics.load(words, at + 1)) return high * WORD + (low >>> 0);
  }
}

/** The same for whoever holds the lock under which it changes. */
export function heldTimestamp(words: Int32Array, at: number): number {
  return (words[at + 1] as number) * WORD + ((words[at] as number) >>> 0);
}

/** Changes a timestamp under its lock; whoever reads it without one sees the old or the new one. */
export function storeTimestamp(words: Int32Array, at: number, timestamp: number): void {
  const high = Math.floor(timestamp / WORD);
  if (words[at + 1] === high) {
    publish(words, at, timestamp | 0);
    return;
  }
  Atomics.store(words, at + 1, IN_CHANGE);
  Atomics.store(words, at, timestamp | 0);
  Atomics.store(words, at + 1, high);
}

function storePlainly(words: Int32Array, at: number, value: number): void {
  words[at] = value;
}

/**
 * Stores a word behind everything that was stored before, for those who load it without a lock. On x64 every store is that; `Atomics.store` is
 * a call there and waits for the stores before it, which nobody here needs: locks are given up atomically.
 */
export const publish: (words: Int32Array, at: number, value: number) => unknown =
  process.arch === 'x64' ? storePlainly : Atomics.store;

function loadPlainly(words: Int32Array, at: number): number {
  return words[at] as number;
}

/** Loads a word after everything that was loaded, stored or changed atomically before. */
export const observe: (words: Int32Array, at: number) => number =
  process.arch === 'x64' ? loadPlainly : Atomics.load;
