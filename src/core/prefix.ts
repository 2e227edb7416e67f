import { builtin } from '../base/builtins.js';
import { roundDown, roundUp } from '../base/sizes.js';
import { decodeHeader, encodeHeader, hasMagic, type StreamHeader } from '../format/header.js';
import { FORMAT_VERSION, HEADER, MAGIC, PAGE, PREFIX, STATE } from '../format/layout.js';
import { streamSeed } from '../format/seeds.js';
import { decodeState, encodeState, type StreamState } from '../format/state.js';
import type { Extent } from '../media/medium.js';
import { Glance } from './record-watch.js';
import { isSoundState } from './soundness.js';
import type { Steps } from './steps.js';
import { load, store } from './storage.js';
import type { DataArea } from './table-space.js';
import { type CopyIndex, chooseCopy, type Twice } from './twice.js';

/** How often one looks for a whole state: a writer may be just storing each copy that is looked at. */
const LOOKS = 8;

/** Which copy of each structure is damaged or old. */
interface StaleCopies {
  readonly header?: CopyIndex | undefined;
  readonly state?: CopyIndex | undefined;
}

/** Header and state: the first pages of a stream. */
export class Prefix {
  readonly header: StreamHeader;
  readonly seed: number;
  state: StreamState;
  /** The copies of header and state that do not count. */
  stale: StaleCopies;
  /** True if one is damaged. */
  damaged: boolean;
  readonly #extent: Extent;

  constructor(
    extent: Extent,
    header: StreamHeader,
    state: StreamState,
    copies: { stale: StaleCopies; damaged: boolean } = { stale: {}, damaged: false },
  ) {
    this.#extent = extent;
    this.header = header;
    this.seed = streamSeed(header.uuid);
    this.state = state;
    this.stale = copies.stale;
    this.damaged = copies.damaged;
  }

  /** Header and first state of a new stream, which has room for one block at least. Nothing is stored yet. */
  static new(extent: Extent, size: number, blockSize: number): Prefix {
    const header: StreamHeader = {
      version: FORMAT_VERSION,
      uuid: new Uint8Array(builtin('node:crypto').randomBytes(16)),
      size,
      blockSize,
      dataStart: roundUp(PREFIX, blockSize),
      created: Date.now(),
      features: { mayIgnore: 0, mayOnlyRead: 0, mustRefuse: 0 },
    };
    const state: StreamState = { sequence: 1, limit: 1, checkpoint: 0, newest: 0, clean: true, size: 0 };
    return new Prefix(extent, header, state);
  }

  /** What those need who read beside a writer. */
  glance(): Glance {
    return new Glance(this.#extent);
  }

  /** Bytes of the stream: as the header says, or as many as it has grown to since. */
  get size(): number {
    return Math.max(this.header.size, this.state.size);
  }

  /** What regions and table extents may take. */
  get data(): DataArea {
    const { dataStart, blockSize } = this.header;
    return { start: dataStart, end: roundDown(this.size, blockSize), blockSize };
  }

  /** True if a copy of header or state is damaged or old. */
  get uneven(): boolean {
    return this.stale.header !== undefined || this.stale.state !== undefined;
  }

  /** Stores the first word of the header alone. */
  storeMagic(): void {
    store(this.#extent, HEADER.magic, MAGIC);
  }

  /** Stores one copy of the header, which never changes. */
  storeHeader(page: CopyIndex): void {
    store(this.#extent, page * PAGE, encodeHeader(this.header));
  }

  /** Makes both copies the one that counts; durable with the next drain. */
  evenOut(): void {
    const { header, state } = this.stale;
    if (header !== undefined) this.storeHeader(header);
    if (state !== undefined) this.storeState(state);
  }

  /** Stores one copy of the state as it is in memory. */
  storeState(page: CopyIndex): void {
    store(this.#extent, page * PAGE + STATE.at, encodeState(this.state, this.seed));
  }

  /** Looks what the medium says of the state now, where others write it too. The older one is kept while neither copy is whole. */
  refresh(): void {
    for (let looks = 0; looks < LOOKS; looks++) {
      this.#extent.rewind();
      const { value, stale, damaged } = readState(this.#extent, this.seed);
      if (value === undefined || !isSoundState(value, this.header)) continue;
      if (value.sequence !== this.state.sequence) this.state = value;
      this.stale = { ...this.stale, state: stale };
      this.damaged = damaged || this.stale.header !== undefined;
      return;
    }
  }

  /** Changes the state in two steps. */
  *saveState(change: Partial<StreamState>): Steps<void> {
    this.state = { ...this.state, ...change, sequence: this.state.sequence + 1 };
    this.storeState(0);
    yield 'drain';
    this.storeState(1);
    yield 'drain';
  }
}

/** What the first pages of a medium turned out to be. */
export type PrefixFinding =
  | { is: 'stream'; prefix: Prefix }
  | { is: 'damaged'; what: string }
  | { is: 'something else' };

/** Reads header and state. Nothing but the extent is looked at, nothing is judged but wholeness. */
export function readPrefix(extent: Extent): PrefixFinding {
  const pages = [load(extent, 0, PAGE), load(extent, PAGE, PAGE)] as const;
  const headers = pages.map((page) => decodeHeader(page.subarray(0, HEADER.size)));
  const header = headers[0] ?? headers[1];
  if (header === undefined) {
    return pages.some(hasMagic)
      ? { is: 'damaged', what: 'both copies of the header' }
      : { is: 'something else' };
  }
  const seed = streamSeed(header.uuid);
  const { value, stale, damaged } = readState(extent, seed);
  if (value === undefined) return { is: 'damaged', what: 'both copies of the state' };
  const half = headers.indexOf(undefined);
  const staleHeader = half === -1 ? undefined : (half as CopyIndex);
  const copies = { stale: { header: staleHeader, state: stale }, damaged: damaged || half !== -1 };
  return { is: 'stream', prefix: new Prefix(extent, header, value, copies) };
}

function readState(extent: Extent, seed: number): Twice<StreamState> {
  const [first, second] = [0, PAGE].map((page) =>
    decodeState(load(extent, page + STATE.at, STATE.size), seed),
  );
  return chooseCopy(first, second);
}
