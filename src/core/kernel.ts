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
   * Stores a whole entry past the caches, with its header and checksum; durable after a drain, which finds nothing to wait for any more where
   * the entry is short. Only for windows that flush lines.
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

/**
 * The kernel in C. Functions with what they need around them, and no class: what is constant there is constant to the compiler, too, down to
 * the memory behind the arrays.
 */
function nativeKernel(addon: Addon): Kernel {
  // Held here since a look into the addon's exports, a dictionary, takes longer than the call.
  const { seal, storeStaged } = addon;
  const block = new Float64Array(addon.block);
  const stageWords = new Uint32Array(addon.stage, 0, STAGE_WORDS);
  const stage = new Uint8Array(addon.stage, STAGE_PAYLOAD);
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
        entries: (block[10] as number) >>> 0,
        certified: block[11] as number,
      };
    },

    storeSealed(window, position, source, seed, low, high) {
      const size = source.length;
      block[0] = window.mapping;
      if (size > STAGED_MAX) {
        block[1] = position - window.start;
        block[2] = seed;
        block[3] = low;
        block[4] = high;
        addon.storeSealed(source);
        return;
      }
      stage.set(source);
      stageWords[0] = position - window.start;
      stageWords[1] = size;
      stageWords[2] = seed;
      stageWords[3] = low;
      stageWords[4] = high;
      storeStaged();
    },
  };
}

function integer(value: number): number {
  return value < 2 ** 31 ? value | 0 : value;
}

/** The fastest kernel that this machine can have. */
export function chooseKernel(): Kernel {
  const addon = loadAddon();
  return addon === undefined ? plainKernel : nativeKernel(addon);
}
