import { VarveError } from '../base/errors.js';
import { parseSize } from '../base/sizes.js';
import type { MediumHandle } from './handle.js';
import { KeptPieces } from './kept-pieces.js';
import type { Extent, Medium } from './medium.js';
import { Window } from './window.js';

/**
 * A medium in memory: as fast as it gets, and gone with the process. The object keeps its content when a stream on it is
 * closed, so that a later stream can open it again.
 *
 * @example
 * const medium = new MemoryMedium('1MiB');
 * const stream = await Stream.open(medium);
 */
export class MemoryMedium implements Medium {
  readonly kind = 'memory';
  readonly granularity = 1;
  readonly readOnly = false;
  readonly slow = false;
  readonly volatile = true;
  readonly retains: boolean = true;
  readonly path = undefined;
  readonly failed = undefined;
  readonly #inUse = new Set<MemoryExtent>();
  readonly #kept = new KeptPieces();
  #size: number;
  /** Everything, once other threads share it. */
  #shared: SharedArrayBuffer | undefined;
  #published = false;
  #locked = false;

  /**
   * @param size bytes, or a string such as '64MiB'; memory is taken only for the parts in use
   * @throws TypeError or RangeError with the code `VARVE_ARGUMENT` if that is no size
   */
  constructor(size: number | string) {
    this.#size = parseSize(size, 'the size of a MemoryMedium');
  }

  /** The same medium in another thread. */
  static attach(memory: SharedArrayBuffer): MemoryMedium {
    const medium = new MemoryMedium(memory.byteLength);
    medium.#shared = memory;
    medium.#published = true;
    return medium;
  }

  get size(): number {
    return this.#shared?.byteLength ?? this.#size;
  }

  get sizeMax(): number {
    return this.#shared?.maxByteLength ?? Number.MAX_SAFE_INTEGER;
  }

  /** Memory is taken once a part is in use. What threads share was reserved for it when they began to. */
  grow(_from: number, to: number): void {
    if (to > this.sizeMax) throw noMemory(to, this.sizeMax);
    if (to <= this.size) return;
    if (this.#shared === undefined) this.#size = to;
    else growShared(this.#shared, to);
  }

  get isNew(): boolean {
    return !this.#published;
  }

  open(offset: number, length: number): Extent {
    const extent = new MemoryExtent(offset, length, this.#contentOf(offset, length), this.#inUse);
    if (this.#shared !== undefined) extent.move(this.#shared);
    this.#inUse.add(extent);
    return extent;
  }

  drainSync(): void {}

  drain(): Promise<void> {
    return Promise.resolve();
  }

  publish(): void {
    this.#published = true;
  }

  /** Moves everything into memory that threads share. Views made before show what was there at that moment. */
  share(sizeMax: number): MediumHandle {
    this.#shared ??= this.#moveAll(sizeMax);
    return { kind: 'memory', memory: this.#shared };
  }

  #moveAll(sizeMax: number): SharedArrayBuffer {
    const memory = shareable(this.size, sizeMax);
    for (const { offset, buffer } of this.#kept.takeAll()) {
      new Uint8Array(memory, offset, buffer.byteLength).set(new Uint8Array(buffer));
    }
    for (const extent of this.#inUse) extent.move(memory);
    return memory;
  }

  #contentOf(offset: number, length: number): ArrayBuffer | undefined {
    return this.#shared === undefined ? this.#kept.take(offset, length) : undefined;
  }

  lock(): void {
    if (this.#locked) {
      throw new VarveError(
        'VARVE_LOCKED',
        'Cannot open this memory medium: it serves one stream at a time, and one has it open; close that one first',
      );
    }
    this.#locked = true;
  }

  close(): void {
    this.#kept.add([...this.#inUse].flatMap((extent) => extent.giveBack()));
    this.#inUse.clear();
    this.#locked = false;
  }
}

/** One buffer for the whole extent, made when it is first looked at. */
class MemoryExtent implements Extent {
  readonly length: number;
  readonly #offset: number;
  readonly #inUse: Set<MemoryExtent>;
  #buffer: ArrayBuffer | undefined;
  #window: Window | undefined;
  #shared = false;
  #open = true;

  constructor(offset: number, length: number, buffer: ArrayBuffer | undefined, inUse: Set<MemoryExtent>) {
    this.#offset = offset;
    this.length = length;
    this.#buffer = buffer;
    this.#inUse = inUse;
  }

  read(): Window {
    return this.#window ?? this.#load();
  }

  write(): Window {
    return this.#window ?? this.#load();
  }

  flush(): void {}

  rewind(): void {}

  release(): void {
    if (this.#buffer !== undefined) detach([this.#buffer]);
    this.#inUse.delete(this);
    this.#end();
  }

  /** Goes on in memory that holds the whole medium. */
  move(memory: SharedArrayBuffer): void {
    const bytes = new Uint8Array(memory, this.#offset, this.length);
    if (this.#buffer !== undefined) bytes.set(new Uint8Array(this.#buffer));
    this.#buffer = undefined;
    this.#window = new Window(bytes, 0);
    this.#shared = true;
  }

  /** Ends the extent and hands its content over in a buffer that no old view can reach. */
  giveBack(): { offset: number; buffer: ArrayBuffer }[] {
    const buffers = this.#buffer === undefined ? [] : detach([this.#buffer]);
    this.#end();
    return buffers.map((buffer) => ({ offset: this.#offset, buffer }));
  }

  #load(): Window {
    if (!this.#open || this.#shared)
      throw new VarveError('VARVE_CLOSED', 'Cannot use a part of a memory medium that was given up');
    this.#buffer ??= allocate(this.length);
    this.#window = new Window(new Uint8Array(this.#buffer), 0);
    return this.#window;
  }

  #end(): void {
    this.#open = false;
    this.#buffer = undefined;
    this.#window = undefined;
  }
}

function shareable(length: number, most: number): SharedArrayBuffer {
  try {
    if (most <= length) return new SharedArrayBuffer(length);
    return new SharedArrayBuffer(length, { maxByteLength: most });
  } catch (cause) {
    throw new VarveError(
      'VARVE_IO',
      `Cannot share ${most} bytes of memory with other threads: this runtime has no arrays so large`,
      {
        cause,
      },
    );
  }
}

function growShared(memory: SharedArrayBuffer, size: number): void {
  try {
    memory.grow(size);
  } catch (cause) {
    throw noMemory(size, memory.byteLength, cause);
  }
}

function noMemory(wanted: number, most: number, cause?: unknown): VarveError {
  const message = `Cannot let this memory medium grow to ${wanted} bytes: threads share it, and have room for ${most}`;
  return new VarveError('VARVE_FULL', message, { cause });
}

function allocate(length: number): ArrayBuffer {
  try {
    return new ArrayBuffer(length);
  } catch (cause) {
    throw new VarveError('VARVE_IO', `Cannot hold ${length} bytes in memory: there is not enough of it`, {
      cause,
    });
  }
}

/** Empties every view of the buffers and returns their content in new ones, without a copy. */
function detach(buffers: ArrayBuffer[]): ArrayBuffer[] {
  return structuredClone(buffers, { transfer: buffers });
}
