import { VarveError } from '../base/errors.js';
import { ENTRY } from '../format/layout.js';
import type { Window } from '../media/window.js';
import { type Codec, decodeEntry } from './codec.js';
import type { Region } from './region.js';

/** An entry of a region. It stays good until its region is freed or cleared, or the stream is closed. */
export class Entry {
  /** The region it is in. */
  readonly region: Region;
  /** Its place in the stream's global order. */
  readonly timestamp: number;
  /** Bytes of its payload. */
  readonly size: number;
  /** Bytes from the region's start to the entry; its payload begins 16 bytes further on. */
  readonly offset: number;
  /** When it was appended, milliseconds since 1970; undefined for entries of regions, only those of logs have it. */
  readonly time: number | undefined;
  readonly #window: Window;
  readonly #life: number;
  #data: Uint8Array | undefined;

  /** @internal */
  constructor(
    region: Region,
    window: Window,
    position: number,
    size: number,
    timestamp: number,
    life: number,
    time: number | undefined,
  ) {
    this.region = region;
    this.timestamp = timestamp;
    this.size = size;
    this.offset = position;
    this.time = time;
    this.#window = window;
    this.#life = life;
  }

  /**
   * The payload on the medium itself, without a copy: not to be changed. Good until the region is freed or cleared or the stream
   * closed. A view kept from before is harmless then: empty, or it shows the old bytes, or what the cleared region holds. Where the writer
   * of another process frees or clears the region, a view kept of a mapped medium shows whatever stands there next; `copy`, `text`
   * and `json` throw instead.
   *
   * @throws VARVE_REGION_FREED if the region was freed or cleared, VARVE_CLOSED if the stream was closed,
   * VARVE_NOT_FOUND on a medium that keeps nothing
   */
  get data(): Uint8Array {
    this.region.assertReadable(this.#life);
    this.#data ??= this.#view();
    return this.#data;
  }

  /** The payload as bytes of its own, good for ever. Throws as `data`. */
  copy(): Uint8Array {
    return this.#stillRight(this.data.slice());
  }

  /** The payload as text, read as UTF-8. Throws as `data`. */
  text(): string {
    const { buffer, byteOffset, byteLength } = this.data;
    return this.#stillRight(Buffer.from(buffer, byteOffset, byteLength).toString('utf8'));
  }

  /** The payload parsed as JSON. Throws as `data`, and a SyntaxError if it is no JSON. */
  json(): unknown {
    return JSON.parse(this.text());
  }

  /** The value that a codec makes of the payload. Throws as `data`, and VARVE_MISMATCH if the codec cannot read it. */
  decode<T>(codec: Codec<T>): T {
    return decodeEntry(this, codec);
  }

  /** A writer of another process may have taken the region away while it was read. */
  #stillRight<T>(copy: T): T {
    this.region.assertReadable(this.#life);
    return copy;
  }

  #view(): Uint8Array {
    if (!this.region.retains) {
      throw new VarveError('VARVE_NOT_FOUND', 'Cannot read this entry as its medium keeps nothing');
    }
    const { buffer, view, start } = this.#window.lend(this.offset, ENTRY.header + this.size);
    return new Uint8Array(buffer, view.byteOffset + this.offset - start + ENTRY.header, this.size);
  }
}

// Whenever a promise is resolved by an entry, the engine asks it for `then`: found here, it is not looked for further up.
Object.defineProperty(Entry.prototype, 'then', { value: undefined });
