import type { MediumHandle } from './handle.js';
import type { LivePlace } from './live-file.js';
import type { Window } from './window.js';

/** The kinds of medium that varve itself brings. */
export type MediumKind = 'pmem' | 'page-cache' | 'file' | 'memory' | 'void' | 'simulated';

/**
 * How the core will use an extent. `random`: small, read and stored anywhere (header, table): its whole range is one
 * window. `append`: a region, stored from front to back and perhaps larger than memory.
 */
export type Access = 'random' | 'append';

/**
 * A contiguous range of bytes and a way to make a part of it durable.
 *
 * The promises, each of them held by the conformance suite of `varve/testing`:
 *
 * 1. What is stored in a window is what every later `read` of that range shows, in this process, at once.
 * 2. Bytes that were flushed are durable once a drain that began after the flush has succeeded, and not before for sure.
 * 3. Bytes that were not flushed may become durable at any time, in any order, eight aligned bytes at a time.
 * 4. Nothing outside the flushed ranges is made to look different by a flush or drain, ever.
 * 5. After `release` (of an extent) or `close` no view into its windows can harm the process or show bytes of a later owner.
 *
 * Space never written reads as zeroes on a medium that was just created.
 */
export interface Medium {
  readonly kind: MediumKind;
  /** Bytes of the whole medium. Only `grow` and `keepUp` change it. */
  readonly size: number;
  /** Bytes that `grow` can make of it at most, as far as that is known beforehand. Left out, or undefined, where it cannot grow. */
  readonly sizeMax?: number | undefined;
  /** The bytes that become durable together: a cache line, a page, a sector; 1 where nothing does. */
  readonly granularity: number;
  readonly readOnly: boolean;
  /** True if a drain takes so long that callers on the event loop should not wait for it. */
  readonly slow: boolean;
  /** True if nothing on it outlives the process: persisting has nothing to do. */
  readonly volatile: boolean;
  /** False for a medium that keeps nothing: what was stored there cannot be read back. */
  readonly retains: boolean;
  /** True if the medium was just created and holds no stream yet. `publish` must follow once it does. */
  readonly isNew: boolean;
  /** The file or device, where there is one. */
  readonly path: string | undefined;
  /**
   * Set once a sync has failed: what was flushed before it is in doubt for good, and no later sync can mend that. Also set once
   * something could not be read without a throw telling so, as in a mapping.
   * Errors of a drain that leave this undefined (a full disk while writing) lose nothing: the drain may be repeated.
   */
  readonly failed: Error | undefined;

  /**
   * Where the writer of what lies on this medium tells readers of other processes how far it has come. Left out, or undefined, where there
   * is no such place: they look from time to time.
   *
   * @param identity 16 bytes that tell it from whatever else may lie there
   */
  live?(identity: Uint8Array): LivePlace | undefined;
  /** True if another process has what lies here open for writing, as far as can be told. Left out where nothing can. */
  isWritten?(): boolean;
  /**
   * Gives the medium room for all bytes in [from, to): what is there already stays as it is, the rest reads as zeroes. `size` is `to` at least
   * when this returns, and that is durable with the next drain. Extents that are open stay as they are.
   *
   * @throws VARVE_FULL if there is no such room: nothing has changed then
   */
  grow?(from: number, to: number): void;
  /**
   * Another thread or process has grown the medium to `size` bytes and says so: `size` is at least that from now on, if they are there.
   * Left out where nobody else can.
   */
  keepUp?(size: number): void;
  /** Opens `length` bytes at `offset`. Extents that are open at the same time never overlap. */
  open(offset: number, length: number, access: Access): Extent;
  /** Returns once everything flushed so far is durable. Throws `VARVE_IO`. */
  drainSync(): void;
  /** The same, off the main thread where the medium is slow. Drains may overlap, also with `drainSync`. */
  drain(): Promise<void>;
  /** Makes a new medium appear under its name, durably: before this a crash leaves nothing there. */
  publish(): void;
  /** Takes the one writer's lock, or throws `VARVE_LOCKED`. A path's medium has it from its opening on. */
  lock(): void;
  /**
   * What another thread of this process needs to open the same medium: `attachMedium` takes it. Media without this serve one thread.
   * From then on what is stored by one thread is seen by all, or can be fetched by `Extent.fresh`.
   *
   * @param sizeMax how far it may have to grow, which is not below its size
   * @throws VARVE_IO if that cannot be had here
   */
  share?(sizeMax: number): MediumHandle;
  /**
   * Fills `bytes` with what lies at `offset`, a short way to look at a few bytes of a part that no extent is open on. Left out where there is
   * none that is shorter than to open one.
   */
  glimpse?(offset: number, bytes: Uint8Array): void;
  /** Only where windows are copies: what is on a shared medium now, in bytes from its beginning. */
  peek?(offset: number, length: number): Uint8Array;
  /** The other half of `peek`: takes bytes to where other threads find them. */
  poke?(offset: number, bytes: Uint8Array): void;
  /** As `close`, where other threads go on: they keep the lock. */
  leave?(): void;
  /**
   * Lets go of everything in use: windows become harmless, locks are given up. It does not drain. Closing twice does nothing.
   * What a `memory` medium holds stays there for a later opening of the same object; every other medium is closed for good.
   */
  close(): void;
}

/** A part of a medium in use: the header, a table extent or a region. Positions count from its first byte. */
export interface Extent {
  readonly length: number;
  /**
   * A window that holds at least [position, position + length) and nothing that is not yet there at or beyond `limit`.
   * `position + length <= limit <= this.length`. Throws `VARVE_IO` if the medium cannot be read.
   *
   * Whoever holds the window may trust it as far as `limit`, for as long as nothing before that is taken back. A window that
   * does not follow what is stored behind `limit` later ends there at the latest; the others are the same object every time.
   */
  read(position: number, length: number, limit: number): Window;
  /**
   * A window that takes stores to at least [position, position + length). An `append` extent is asked for rising
   * positions; a lower one takes back everything from there on. The window's bytes before `position` are not to be stored to.
   * The position is a multiple of 8.
   */
  write(position: number, length: number): Window;
  /**
   * Gives the bytes in [from, to) to the next drain: what was stored there, and also what was only read, since another process may
   * have stored it, and a sync that failed may have left it in the machine's memory only. An `append` extent is flushed from front to
   * back, without holes.
   */
  flush(from: number, to: number): void;
  /**
   * Forgets what is held in memory: the next read of a read-only medium shows what another process has stored meanwhile. The owner
   * of an `append` extent that is written to starts again at position 0. Stores that were not drained
   * may be lost by it, and what reads show is not certain before it has been stored again.
   */
  rewind(): void;
  /**
   * Only where windows are copies: `length` bytes from `position` on into `bytes`, a shorter way than `read` to a few that nobody goes on
   * from. False, and nothing is read, where `read` is shorter, as it has them in memory.
   */
  glimpse?(position: number, length: number, bytes: Uint8Array): boolean;
  /**
   * Only on a shared medium whose windows are copies: a copy of what was put there last, by whichever thread. Elsewhere every window shows
   * what any thread has stored.
   */
  fresh?(position: number, length: number): Window;
  /** The other half of `fresh`: takes the bytes in [from, to) of a window of `write` or `fresh` to where other threads find them. */
  put?(window: Window, from: number, to: number): void;
  /**
   * Gives the extent up for good, since its space is free: the windows are detached or made harmless, stores that were not
   * drained may be lost, and whoever opens the space again finds the old bytes or zeroes. `close` of the medium is no release.
   */
  release(): void;
}

/** A window that holds [position, position + length) as it is now, whichever thread has stored it. */
export function freshWindow(extent: Extent, position: number, length: number): Window {
  return extent.fresh?.(position, length) ?? extent.write(position, length);
}
