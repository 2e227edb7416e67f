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
  /** Where a payload of up to `STAGED_MAX` bytes is put for `storeStaged`. */
  readonly stage: Uint8Array;
  /** The same, by words. */
  readonly stageWords: Uint32Array;
  /**
   * Stores a whole entry past the caches, with its header and checksum, the payload from the stage; durable when this returns. Only for windows
   * that flush lines.
   *
   * @param low the third word of the header
   * @param high the fourth
   */
  storeStaged(window: Window, position: number, size: number, seed: number, low: number, high: number): void;
  /** The same for a payload of any length; durable when this returns if `persists`, else after the next drain. */
  storeSealed(
    window: Window,
    position: number,
    source: Uint8Array,
    seed: number,
    low: number,
    high: number,
    persists: boolean,
  ): void;
}

/** Where the payload lies on the addon's stage. */
const STAGE_PAYLOAD = 64;
/** What stands there before it. */
const STAGE_WORDS = 5;
/** The longest payload that the stage has room for. Bytes. */
export const STAGED_MAX = 1024;

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
  stage: new Uint8Array(0),
  stageWords: new Uint32Array(0),
  storeStaged: noLines,
  storeSealed: noLines,
};

/**
 * The kernel in C. Functions with what they need around them, and no class: what is constant there is constant to the compiler, too, down to
 * the memory behind the arrays.
 */
function nativeKernel(addon: Addon): Kernel {
  // Held here since a look into the addon's exports, a dictionary, takes longer than the call.
  const { seal, storeStaged, storeSealed } = addon;
  const block = new Float64Array(addon.block);
  const words = new Uint32Array(addon.stage, 0, STAGE_WORDS);
  return {
    seal(window, from, to, seed) {
      if (window.mapping === 0) {
        addon.sealBytes(window.bytes, from - window.start, to - window.start, seed);
        return;
      }
      block[0] = window.mapping;
      block[1] = from - window.start;
      block[2] = to - window.start;
      block[3] = seed;
      seal();
    },

    walk(window, from, to, seed, after, below) {
      addon.verifyBytes(window.bytes, from - window.start, to - window.start, seed, after, below);
      // Integers again, where they were floats: what they are compared with for every entry stays one.
      return {
        end: ((block[8] as number) >>> 0) + window.start,
        timestamp: integer(block[9] as number),
        first: block[12] as number,
        entries: (block[10] as number) >>> 0,
        parts: block[13] as number,
        certified: block[11] as number,
      };
    },

    stage: new Uint8Array(addon.stage, STAGE_PAYLOAD),
    stageWords: new Uint32Array(addon.stage, STAGE_PAYLOAD),

    storeStaged(window, position, size, seed, low, high) {
      block[0] = window.mapping;
      words[0] = position - window.start;
      words[1] = size;
      words[2] = seed;
      words[3] = low;
      words[4] = high;
      storeStaged();
    },

    storeSealed(window, position, source, seed, low, high, persists) {
      block[0] = window.mapping;
      block[1] = position - window.start;
      block[2] = seed;
      block[3] = low;
      block[4] = high;
      block[5] = persists ? 1 : 0;
      storeSealed(source);
    },
  };
}

function noLines(): never {
  throw new Error('No window flushes lines without the addon');
}

function integer(value: number): number {
  return value < 2 ** 31 ? value | 0 : value;
}

/** The fastest kernel that this machine can have. */
export function chooseKernel(): Kernel {
  const addon = loadAddon();
  return addon === undefined ? plainKernel : nativeKernel(addon);
}
