import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { AddonMapping } from '../../src/base/addon.js';
import { loadAddon } from '../../src/base/native-loader.js';
import { type CallName, LATE, NOTHING, PLAUSIBLE, SHORT, type Trouble } from './plausible.js';

/** Which calls fail, and how. */
export interface Fault {
  /** The number of the first call that does, counted from 1. */
  readonly at: number;
  readonly trouble: Trouble;
  /** True if every later call fails, too, as far as that trouble can meet it. */
  readonly lasting: boolean;
}

/** Told of what makes a disk's picture of a file: see `DiskModel`. */
export interface Watcher {
  /** A sync is under way. */
  synced(fd: number, succeeds: boolean): void;
  wrote(fd: number, at: number, length: number): void;
  mapped(memory: ArrayBuffer, fd: number, offset: number): void;
  /** A byte of a mapping was stored to, maybe with the value that it had. */
  touched(memory: ArrayBufferLike, at: number): void;
}

type Anything = (...args: never[]) => unknown;
type Owner = Record<string, Anything>;

/** Calls that are made without anybody being told: what stands between a test and its files must not count itself. */
export const unseen = { ...fs };

/**
 * Stands between varve and the system: node:fs, the addon, and the memory of typed arrays. Counts the calls that may fail
 * and lets one of them do so, or all from one on. `remove` takes it away again.
 */
export class Seams {
  readonly calls: CallName[] = [];
  /** The calls that failed. */
  readonly struck: CallName[] = [];
  #watcher: Watcher | undefined;
  #faults: readonly Fault[] = [];
  #counting = false;
  readonly #undo: (() => void)[] = [];

  constructor() {
    this.#stand('fs', fs as unknown as Owner);
    this.#stand('addon', loadAddon() as unknown as Owner | undefined);
    this.#standForMemory('ArrayBuffer');
    this.#standForMemory('Uint8Array');
    this.#standForMemory('Uint32Array');
    this.#standForTouches();
    syncBuiltinESMExports();
  }

  /** Counts from 1 again, from now on, and lets the faults happen. */
  arm(faults: readonly Fault[], watcher?: Watcher): void {
    this.calls.length = 0;
    this.struck.length = 0;
    this.#faults = faults;
    this.#watcher = watcher;
    this.#counting = true;
  }

  /** All is well from now on, and nothing counts. */
  disarm(): void {
    this.#counting = false;
    this.#watcher = undefined;
  }

  /** Does something that is none of varve's business. */
  aside(action: () => void): void {
    const counting = this.#counting;
    this.#counting = false;
    action();
    this.#counting = counting;
  }

  remove(): void {
    for (const undo of this.#undo) undo();
    syncBuiltinESMExports();
  }

  #stand(seam: string, owner: Owner | undefined): void {
    if (owner === undefined) return;
    for (const call of Object.keys(PLAUSIBLE)) {
      const [at, name = ''] = call.split('.');
      const original = owner[name];
      if (at !== seam || original === undefined) continue;
      owner[name] = (...args: never[]) => this.#through(call, original, args);
      this.#undo.push(() => {
        owner[name] = original;
      });
    }
  }

  #standForMemory(name: 'ArrayBuffer' | 'Uint8Array' | 'Uint32Array'): void {
    const original = globalThis[name] as typeof Uint8Array;
    const construct = (target: typeof Uint8Array, args: unknown[], newTarget: typeof Uint8Array): object => {
      // Only what takes memory of its own for data, not a view.
      const trouble = typeof args[0] === 'number' ? this.#troubleOf(`memory.${name}`) : undefined;
      if (trouble !== undefined) throw new RangeError('Array buffer allocation failed');
      return Reflect.construct(target, args, newTarget);
    };
    Object.assign(globalThis, { [name]: new Proxy(original, { construct }) });
    this.#undo.push(() => void Object.assign(globalThis, { [name]: original }));
  }

  /** Content alone does not tell that a page was stored to with what it held. */
  #standForTouches(): void {
    const original = Atomics.or;
    const standIn = (array: Uint8Array, index: number, value: number): number => {
      this.#watcher?.touched(array.buffer, array.byteOffset + index);
      return original(array, index, value);
    };
    Object.assign(Atomics, { or: standIn });
    this.#undo.push(() => void Object.assign(Atomics, { or: original }));
  }

  #troubleOf(call: CallName): Trouble | undefined {
    if (!this.#counting) return undefined;
    const number = this.calls.push(call);
    const fault = this.#faults.find(({ at, trouble, lasting }) => {
      return (lasting ? number >= at : number === at) && PLAUSIBLE[call]?.includes(trouble);
    });
    if (fault !== undefined) this.struck.push(call);
    return fault?.trouble;
  }

  #note(call: CallName, args: unknown[], result: unknown): void {
    const fd = args[0] as number;
    if (call === 'fs.writeSync') this.#watcher?.wrote(fd, args[4] as number, result as number);
    if (call === 'addon.map') this.#watcher?.mapped((result as AddonMapping).memory, fd, args[1] as number);
  }

  #through(call: CallName, original: Anything, args: unknown[]): unknown {
    const trouble = this.#troubleOf(call);
    if (SYNCS.includes(call)) this.#watcher?.synced(args[0] as number, trouble === undefined);
    const work = (changed = args): unknown => {
      const result = original(...(changed as never[]));
      this.#note(call, changed, result);
      return result;
    };
    if (trouble === undefined) return work();
    if (trouble === NOTHING) return 0;
    if (trouble === SHORT) return work(shortened(args));
    // A close has closed and an unmapping has unmapped, whatever they say.
    if (trouble === LATE || call === 'fs.closeSync' || call === 'addon.unmap') work();
    return fail(errnoError(trouble === LATE ? 'EIO' : trouble, call), args.at(-1));
  }
}

/** The calls that make something durable. */
export const SYNCS: readonly CallName[] = ['fs.fsyncSync', 'fs.fdatasyncSync', 'fs.fdatasync'];

/** A read or write of (fd, bytes, from, length, at) that asks for less. */
function shortened([fd, bytes, from, length, at]: unknown[]): unknown[] {
  return [fd, bytes, from, Math.ceil((length as number) / 3), at];
}

function errnoError(code: string, call: CallName): Error {
  return Object.assign(new Error(`${code}: injected, ${call}`), { code, syscall: call });
}

function fail(error: Error, callback: unknown): undefined {
  if (typeof callback !== 'function') throw error;
  setImmediate(() => callback(error));
  return undefined;
}
