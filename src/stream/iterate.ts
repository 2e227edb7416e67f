import { BackwardWalker } from '../core/backward.js';
import type { Walker } from '../core/cursor.js';
import { cursorFrom } from '../core/find.js';
import { MergedBackwardWalker, MergedWalker } from '../core/merge.js';
import type { RegionLog } from '../core/region-log.js';
import type { StreamCore } from '../core/stream-core.js';
import type { Entry } from './entry.js';
import {
  assertOptions,
  type EntriesOptions,
  flagOption,
  oneOf,
  signalOption,
  type TailOptions,
  timestampOption,
} from './options.js';
import type { Region } from './region.js';

/** Entries of one region, as the options say. */
export function regionEntries(
  region: Region,
  log: RegionLog,
  core: StreamCore,
  options: EntriesOptions | undefined,
): IterableIterator<Entry> {
  const { from, reverse, persisted } = checked(options, core);
  const entryOf = (walker: Walker) => region.entryAt(walker);
  if (!reverse)
    return new EntryIterator(notBefore(lone(cursorFrom(log, from)), from), entryOf, core, persisted);
  return new EntryIterator(notAfter(lone(new BackwardWalker(log)), from), entryOf, core, false);
}

/** Entries of all regions in timestamp order, as the options say. */
export function streamEntries(
  core: StreamCore,
  regionOf: (log: RegionLog) => Region,
  options: EntriesOptions | undefined,
): IterableIterator<Entry> {
  const { from, reverse, persisted } = checked(options, core);
  const entryOf = (walker: Walker) => unlessGone(regionOf(walker.region), walker);
  if (!reverse)
    return new EntryIterator(notBefore(new MergedWalker(core, from, true), from), entryOf, core, persisted);
  return new EntryIterator(new MergedBackwardWalker(core, from), entryOf, core, false);
}

/** Follows one region. */
export function followRegion(
  region: Region,
  log: RegionLog,
  core: StreamCore,
  options: TailOptions | undefined,
): AsyncGenerator<Entry, void, void> {
  const { from, signal } = checkedTail(options);
  return follow(notBefore(lone(cursorFrom(log, from)), from), (at) => region.entryAt(at), core, signal);
}

/** Follows all regions, also those that are allocated later. */
export function followStream(
  core: StreamCore,
  regionOf: (log: RegionLog) => Region,
  options: TailOptions | undefined,
): AsyncGenerator<Entry, void, void> {
  const { from, signal } = checkedTail(options);
  return follow(
    notBefore(new MergedWalker(core, from, false), from),
    (at) => unlessGone(regionOf(at.region), at),
    core,
    signal,
  );
}

/** The entry that a walker over many regions stands on; undefined if its region was cleared or freed just now, and so drops out. */
function unlessGone(region: Region, walker: Walker): Entry | undefined {
  try {
    return region.hides(walker) ? undefined : region.entryAt(walker);
  } catch (error) {
    if (walker.stale) return undefined;
    throw error;
  }
}

/** Something that hands out where entries are, one after the other. */
export interface Source {
  next(): Walker | undefined;
}

function lone(walker: Walker): Source {
  return { next: () => (walker.next() ? walker : undefined) };
}

/** A timestamp to begin at may lie ahead of everything there is. */
function notBefore(source: Source, from: number): Source {
  if (from === 0) return source;
  return {
    next() {
      let walker = source.next();
      while (walker !== undefined && walker.timestamp < from) walker = source.next();
      return walker;
    },
  };
}

function notAfter(source: Source, from: number): Source {
  return {
    next() {
      let walker = source.next();
      while (walker !== undefined && walker.timestamp > from) walker = source.next();
      return walker;
    },
  };
}

/** Hands out what a source has, one entry after the other. */
export class EntryIterator implements IterableIterator<Entry> {
  readonly #source: Source;
  readonly #entryOf: (walker: Walker) => Entry | undefined;
  readonly #core: StreamCore;
  readonly #persistedOnly: boolean;
  #done = false;
  /** Everything up to here is persisted; it may be more by now. */
  #persisted = 0;

  constructor(
    source: Source,
    entryOf: (walker: Walker) => Entry | undefined,
    core: StreamCore,
    persistedOnly: boolean,
  ) {
    this.#source = source;
    this.#entryOf = entryOf;
    this.#core = core;
    this.#persistedOnly = persistedOnly;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Entry> {
    // Compared with words, since the compiler does not know that these are nothing but true or false.
    while (this.#done === false) {
      const walker = this.#source.next();
      if (walker === undefined || (this.#persistedOnly === true && !this.#mayShow(walker.timestamp))) break;
      const value = this.#entryOf(walker);
      if (value !== undefined) return { done: false, value };
    }
    return this.return();
  }

  #mayShow(timestamp: number): boolean {
    if (timestamp <= this.#persisted) return true;
    this.#persisted = this.#core.others.persistedUpTo;
    return timestamp <= this.#persisted;
  }

  return(): IteratorResult<Entry> {
    this.#done = true;
    return { done: true, value: undefined };
  }
}

/** Hands out what a source has, and waits for more. */
export async function* follow(
  source: Source,
  entryOf: (walker: Walker) => Entry | undefined,
  core: StreamCore,
  signal: AbortSignal | undefined,
): AsyncGenerator<Entry, void, void> {
  while (signal?.aborted !== true) {
    const walker = source.next();
    if (walker === undefined) await core.news(signal);
    else {
      const entry = entryOf(walker);
      if (entry !== undefined) yield entry;
    }
  }
}

/** What options of reading say. */
export interface Checked {
  from: number;
  reverse: boolean;
  persisted: boolean;
}

/** Backwards, what is not persisted is left out by beginning behind it. */
export function checked(options: EntriesOptions | undefined, core: StreamCore): Checked {
  assertOptions(options);
  const until =
    options?.until === undefined ? 'committed' : oneOf(options.until, ['committed', 'persisted'], 'until');
  const persisted = until === 'persisted';
  const reverse = flagOption(options?.reverse, 'reverse');
  const given = options?.from === undefined ? undefined : timestampOption(options.from, 'from');
  if (!reverse) return { from: given ?? 0, reverse, persisted };
  const most = persisted ? core.others.persistedUpTo : Number.POSITIVE_INFINITY;
  return { from: Math.min(given ?? most, most), reverse, persisted };
}

export function checkedTail(options: TailOptions | undefined): {
  from: number;
  signal: AbortSignal | undefined;
} {
  assertOptions(options);
  return {
    from: options?.from === undefined ? 0 : timestampOption(options.from, 'from'),
    signal: signalOption(options?.signal),
  };
}
