import type { Addon } from '../base/addon.js';
import { loadAddon } from '../base/native-loader.js';
import { sealEntries, type Walk, walkEntries } from '../format/walk.js';
import type { Window } from '../media/window.js';

/**
 * The loops over entries, by the addon where it is there, else in JavaScript. Positions are those of the extent that the
 * window belongs to.
 */
export interface Kernel {
  /** Stores the checksums of the entries in [from, to); where the window flushes lines, hands the lines to the next fence too. */
  seal(window: Window, from: number, to: number, seed: number): void;
  /** Walks valid entries from `from` that end at or before `to`; see `walkEntries`. */
  walk(window: Window, from: number, to: number, seed: number, after: number, below: number): Walk;
  /**
   * Stores a whole entry past the caches, with its header and checksum; durable after a fence. Only for windows that flush lines.
   *
   * @param low the third word of the header
   * @param high the fourth
   */
  storeSealed(
    window: Window,
    position: number,
    source: Uint8Array,
    seed: number,
    low: number,
    high: number,
  ): void;
}

/** Where the payload lies on the stage. */
const STAGE_PAYLOAD = 64;
/** The longest payload that the stage has room for. Bytes. */
const STAGED_MAX = 1024;
/** What the addon is told about a staged entry. */
const STAGE_WORDS = 5;

/** The kernel in plain TypeScript: the reference for the native one, and what runs where no addon can be had. */
export const plainKernel: Kernel = {
  seal(window, from, to, seed) {
    sealEntries(window.words, from - window.start, to - window.start, seed);
  },
  walk(window, from, to, seed, after, below) {
    const walk = walkEntries(window.words, from - window.start, to - window.start, seed, after, below);
    walk.end += window.start;
    return walk;
  },
  storeSealed() {
    throw new Error('No window flushes lines without the addon');
  },
};

class NativeKernel implements Kernel {
  readonly #addon: Addon;
  readonly #block: Float64Array;
  /** Held here since a look into the addon's exports, a dictionary, takes longer than the call. */
  readonly #seal: () => void;
  readonly #storeStaged: () => void;
  readonly #stageWords: Uint32Array;
  readonly #stage: Uint8Array;

  constructor(addon: Addon) {
    this.#addon = addon;
    this.#seal = addon.seal;
    this.#storeStaged = addon.storeStaged;
    this.#stageWords = new Uint32Array(addon.stage, 0, STAGE_WORDS);
    this.#stage = new Uint8Array(addon.stage, STAGE_PAYLOAD);
    this.#block = new Float64Array(addon.block);
  }

  seal(window: Window, from: number, to: number, seed: number): void {
    if (window.mapping === 0) {
      this.#addon.sealBytes(window.bytes, from - window.start, to - window.start, seed);
      return;
    }
    const block = this.#block;
    block[0] = window.mapping;
    block[1] = from - window.start;
    block[2] = to - window.start;
    block[3] = seed;
    this.#seal();
  }

  walk(window: Window, from: number, to: number, seed: number, after: number, below: number): Walk {
    this.#addon.verifyBytes(window.bytes, from - window.start, to - window.start, seed, after, below);
    const block = this.#block;
    // Integers again, where they were floats: what they are compared with for every entry stays one.
    return {
      end: ((block[8] as number) >>> 0) + window.start,
      timestamp: integer(block[9] as number),
      entries: (block[10] as number) >>> 0,
      certified: block[11] as number,
    };
  }

  storeSealed(
    window: Window,
    position: number,
    source: Uint8Array,
    seed: number,
    low: number,
    high: number,
  ): void {
    const size = source.length;
    if (size > STAGED_MAX) {
      this.#storeLong(window, position, source, seed, low, high);
      return;
    }
    this.#stage.set(source);
    this.#block[0] = window.mapping;
    const words = this.#stageWords;
    words[0] = position - window.start;
    words[1] = size;
    words[2] = seed;
    words[3] = low;
    words[4] = high;
    this.#storeStaged();
  }

  #storeLong(
    window: Window,
    position: number,
    source: Uint8Array,
    seed: number,
    low: number,
    high: number,
  ): void {
    const block = this.#block;
    block[0] = window.mapping;
    block[1] = position - window.start;
    block[2] = seed;
    block[3] = low;
    block[4] = high;
    this.#addon.storeSealed(source);
  }
}

function integer(value: number): number {
  return value < 2 ** 31 ? value | 0 : value;
}

/** The fastest kernel that this machine can have. */
export function chooseKernel(): Kernel {
  const addon = loadAddon();
  return addon === undefined ? plainKernel : new NativeKernel(addon);
}
