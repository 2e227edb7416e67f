import { VarveError } from '../base/errors.js';
import { decodeHeader, hasMagic, type StreamHeader } from '../format/header.js';
import { PAGE, PREFIX, STATE } from '../format/layout.js';
import { streamSeed } from '../format/seeds.js';
import { decodeState, encodeState, type StreamState } from '../format/state.js';
import type { Access, Extent, Medium } from '../media/medium.js';
import { Window } from '../media/window.js';
import { loss, type Missing } from './loss.js';

/** What a salvage opens in place of a medium that nobody can open. */
export interface Mended {
  readonly medium: Medium;
  /** Bytes of the real medium that can be read: what lies behind them is gone. */
  readonly length: number;
  /** Undefined if both copies of the state are damaged. */
  readonly state: StreamState | undefined;
  readonly missing: readonly Missing[];
}

/**
 * Where the end of a medium is gone, or both copies of the state are damaged, its stream cannot be opened. It can be on the medium that is
 * returned: a view of the first one that has the right size and says that the stream was closed. Undefined if it is something else that
 * keeps the stream from being opened.
 *
 * @param medium opened anew: nothing else has a part of it open
 * @throws VARVE_CORRUPT if both copies of the header are damaged
 */
export function mend(medium: Medium): Mended | undefined {
  const prefix = readPadded(medium, 0, PREFIX);
  const pages = [0, PAGE].map((at) => prefix.subarray(at, at + PAGE));
  const header = pages.map((page) => decodeHeader(page)).find((copy) => copy !== undefined);
  if (header === undefined) {
    if (!pages.some(hasMagic)) return undefined;
    throw nothingToTell(medium);
  }
  const state = stateIn(pages, header);
  const missing: Missing[] = [];
  if (state === undefined) missing.push(stateLost());
  const size = sizeOf(medium, header, state);
  if (medium.size < size) missing.push(endLost(medium.size, size));
  if (missing.length === 0) return undefined;
  for (const at of [0, PAGE]) prefix.set(closedState(header, size), at + STATE.at);
  return {
    medium: new MendedMedium(medium, size, prefix),
    length: wholeWords(medium.size, size),
    state,
    missing,
  };
}

/** Where nobody knows how far the stream has grown, all that is there is its own: regions that lay further on have nothing left. */
function sizeOf(medium: Medium, header: StreamHeader, state: StreamState | undefined): number {
  return Math.max(header.size, state === undefined ? medium.size : state.size);
}

function stateIn(pages: readonly Uint8Array[], { uuid }: StreamHeader): StreamState | undefined {
  const states = pages.map((page) => decodeState(page.subarray(STATE.at), streamSeed(uuid)));
  const [first, second] = states;
  if (first === undefined || second === undefined) return first ?? second;
  return second.sequence > first.sequence ? second : first;
}

/** With this, nothing is recovered at opening: the marks are where the search for entries begins. */
function closedState({ uuid, size: begun }: StreamHeader, size: number): Uint8Array {
  const grown = size > begun ? size : 0;
  const state = { sequence: 1, limit: 1, checkpoint: 0, newest: 0, clean: true, size: grown };
  return encodeState(state, streamSeed(uuid));
}

/** The bytes of a medium, with zeroes for those behind its end. */
function readPadded(medium: Medium, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const there = wholeWords(medium.size - offset, length);
  if (there === 0) return bytes;
  const extent = medium.open(offset, there, 'random');
  bytes.set(extent.read(0, there, there).bytes.subarray(0, there));
  return bytes;
}

function wholeWords(there: number, most: number): number {
  const bytes = Math.max(0, Math.min(there, most));
  return bytes - (bytes % 8);
}

/** A medium as it should be: longer than it is, and with other first pages. It is only read. */
class MendedMedium implements Medium {
  readonly kind;
  readonly size: number;
  readonly granularity;
  readonly readOnly = true;
  readonly slow;
  readonly volatile;
  readonly retains;
  readonly isNew = false;
  readonly path;
  readonly failed = undefined;
  readonly #medium: Medium;
  readonly #prefix: Uint8Array;

  constructor(medium: Medium, size: number, prefix: Uint8Array) {
    this.#medium = medium;
    this.#prefix = prefix;
    this.size = size;
    this.kind = medium.kind;
    this.granularity = medium.granularity;
    this.slow = medium.slow;
    this.volatile = medium.volatile;
    this.retains = medium.retains;
    this.path = medium.path;
  }

  open(offset: number, length: number, access: Access): Extent {
    if (offset === 0) return extentOf(this.#prefix);
    const there = wholeWords(this.#medium.size - offset, length);
    if (there === length) return this.#medium.open(offset, length, access);
    if (access === 'random') return extentOf(readPadded(this.#medium, offset, length));
    return there === 0 ? extentOf(new Uint8Array(0)) : this.#medium.open(offset, there, access);
  }

  drainSync(): void {}

  drain(): Promise<void> {
    return Promise.resolve();
  }

  publish(): void {}

  lock(): void {}

  close(): void {
    this.#medium.close();
  }
}

/** Bytes in memory as an extent that is only read. */
function extentOf(bytes: Uint8Array): Extent {
  const window = new Window(bytes, 0);
  return {
    length: bytes.length,
    read: () => window,
    write: () => window,
    flush: () => {},
    rewind: () => {},
    release: () => {},
  };
}

function nothingToTell(medium: Medium): VarveError {
  return new VarveError(
    'VARVE_CORRUPT',
    'Cannot salvage anything of this stream as both copies of its header are damaged: nothing can be told of what it held',
    { offset: 0, ...(medium.path === undefined ? {} : { path: medium.path }) },
  );
}

function stateLost(): Missing {
  return loss(
    'state',
    'Both copies of the state are damaged: what was appended last may be missing, and entries that nobody was told of may be there',
    { from: STATE.at, to: STATE.at + STATE.size },
  );
}

function endLost(there: number, size: number): Missing {
  return loss('end', `The stream was truncated: of its ${size} bytes the last ${size - there} are gone`, {
    from: there,
    to: size,
  });
}
