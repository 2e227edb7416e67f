/** What the addon found on this machine. */
export interface AddonFeatures {
  /** The instruction that writes a cache line back: 'clwb', 'clflushopt', 'clflush', 'dc cvap', 'dc cvac', … */
  readonly flush: string;
  /** How CRC-32C is computed: 'sse4.2', 'armv8', 'table'. */
  readonly crc32c: string;
  /** Bytes of a page of the mapping. */
  readonly pageSize: number;
}

/** What `map` returns. */
export interface AddonMapping {
  /** A number above 0 that stands for the mapping in the other calls. */
  readonly mapping: number;
  /** The mapped bytes, from exactly the offset asked for. */
  readonly memory: ArrayBuffer;
}

/**
 * The native addon: only what JavaScript cannot do. A call that is made for every entry takes its arguments from `block`
 * (a Float64Array over the addon's own memory) since unpacking arguments costs more than the call; results come back there too.
 * Positions are relative to the mapping or the array. A mapping or a range that does not exist is a RangeError, never a wild store.
 */
export interface Addon {
  readonly features: AddonFeatures;
  /**
   * 16 float64: arguments from index 0, results from index 8. [14] is not 0 if lines were flushed, or stored past the caches, since this
   * environment's last fence: else a further fence is needless. [15] counts the pages of this environment's mappings that could
   * not be had (see `lost`): 0 as long as all is well, so that a look at it before an acknowledgement costs nothing.
   */
  readonly block: ArrayBuffer;
  /**
   * For `storeStaged`. Words of 32 bits: position, length, seed, header word 2, header word 3. From byte 64 on: the payload.
   */
  readonly stage: ArrayBuffer;

  /**
   * Maps `length` bytes at `offset` (any multiple of 64) of the open file `fd`. `kind`: 'shared', 'sync' (MAP_SYNC, fails where
   * the kernel does not grant it) or 'private' (copy on write over a read-only file). With `flushesLines` sealing flushes cache
   * lines. Throws an Error with `code` (errno name) and `syscall`.
   */
  map(
    fd: number,
    offset: number,
    length: number,
    kind: 'shared' | 'sync' | 'private',
    flushesLines: boolean,
  ): AddonMapping;
  /** Detaches the memory; if somebody had taken it (`ArrayBuffer.prototype.transfer`), what they hold reads as zeroes from now on. */
  unmap(mapping: number): void;
  /** True once a page of the mapping could not be had (the file was truncated, the disk was full) and zeroes took its place. */
  lost(mapping: number): boolean;
  /** Takes flock(LOCK_EX | LOCK_NB); false if somebody else has it. */
  lock(fd: number): boolean;
  /** Takes flock(LOCK_SH | LOCK_NB); false if somebody has it alone. */
  lockShared(fd: number): boolean;
  /** Adds 1 to the u32 at `position` of a shared mapping, and wakes all who wait for that in a futex; returns how many. */
  ring(mapping: number, position: number): number;
  /**
   * Listens to the words of an open file (fd needs only the right to read) from `from` on, a multiple of 64: the first u32 there is the one
   * that `ring` counts up. Returns a number above 0. Neither the listener nor its thread keeps the process alive.
   *
   * @param onNews called on the event loop after `wait`; with true if it is no use to wait any more
   */
  listen(fd: number, from: number, onNews: (failed: boolean) => void): number;
  /** Loads 32 bytes from `from` on into the bytes of block[8] to block[11], eight at a time, the first eight after the others. */
  peek(listener: number): void;
  /**
   * Has `onNews` called once as soon as the first u32 is another one than `seen`, which may be at once; it may be called in vain. The first
   * call starts a thread, which is parked in the kernel from then on. Throws if it cannot be started.
   */
  wait(listener: number, seen: number): void;
  /** Ends the thread, if there is one, and the listener. `onNews` is not called any more. */
  unlisten(listener: number): void;
  /**
   * A further descriptor of the same open file, which ends with this thread at the latest, and is closed by `letGo` only: with it the lock stays
   * when the thread that took it is gone.
   */
  hold(fd: number): number;
  /** Closes what `hold` returned. */
  letGo(fd: number): void;
  /**
   * Looks at a file's number of names (block[8]) and its bytes (block[9]), and at nothing else: who asks for the times of a
   * file makes its next write dearer on current kernels.
   */
  inspect(fd: number): void;
  /** Allocates the blocks behind a range of the file without changing what is there (fallocate). */
  allocate(fd: number, offset: number, length: number): void;
  /** Has the system begin to write what is dirty in a range of the file to its device, without waiting for it (sync_file_range). Makes nothing durable. */
  begin(fd: number, offset: number, length: number): void;

  /** block[0] mapping, [1] from, [2] to, [3] seed: stores the checksum of every entry in [from, to); flushes the range if the mapping flushes lines. */
  seal(): void;
  /** block[0] mapping, [1] from, [2] to: writes the range's cache lines back. */
  flush(): void;
  /** Orders the flushes before it: what was flushed is durable. */
  fence(): void;
  /**
   * Stores a whole entry, sealed, past the caches, and passes a fence: durable when this returns. block[0] mapping; the other arguments are
   * words of `stage`, and the payload lies there, too. For payloads of up to 1024 bytes on media that flush lines.
   */
  storeStaged(): void;
  /**
   * The same for payloads of any length: durable after the next fence. block[0] mapping, [1] position, [2] seed, [3] header word 2, [4] header word 3,
   * [5] 1 if it is to pass that fence itself, else 0.
   */
  storeSealed(source: Uint8Array): void;

  /** As `seal`, over plain memory, without a flush. */
  sealBytes(bytes: Uint8Array, from: number, to: number, seed: number): void;
  /**
   * Walks the entries of `bytes` from `from` as long as they are valid (docs/format.md, "Validity") and end at or before `to`.
   * `after`: timestamp that the first must exceed; `below`: timestamp that none may reach.
   * Results in block: [8] position where it stopped, [9] timestamp of the last valid one (else `after`), [10] number of entries
   * (fillers not counted), [11] the greatest timestamp that a valid one certifies (else 0), [12] timestamp of the first (else 0), [13] how many
   * are parts of transactions.
   */
  verifyBytes(bytes: Uint8Array, from: number, to: number, seed: number, after: number, below: number): void;
  /** The CRC-32C register after `bytes`, started at `seed`, without inversion. */
  crc32c(seed: number, bytes: Uint8Array): number;
}
