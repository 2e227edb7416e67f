import assert from 'node:assert/strict';
import type { ByteStream } from '../../src/blocks/byte-stream.js';
import { pattern } from '../helpers/bytes.js';

/** What was appended to a stream, byte by byte, and how far it was synced: what a stream is held to. */
export class History {
  #bytes: Uint8Array;
  #appends = 0;
  end: number;
  synced: number;

  constructor(end = 0) {
    this.#bytes = new Uint8Array(256);
    this.end = end;
    this.synced = end;
  }

  /** The bytes of the next append, which are not those of any other. */
  next(size: number): Uint8Array {
    const bytes = pattern(size, ++this.#appends);
    while (this.end + size > this.#bytes.length) {
      const longer = new Uint8Array(2 * this.#bytes.length);
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes.set(bytes, this.end);
    this.end += size;
    return bytes;
  }

  /** What was appended and never synced is gone. */
  cutTo(end: number): void {
    this.end = end;
    this.synced = end;
  }

  copy(): History {
    const copy = new History(this.end);
    copy.#bytes = this.#bytes.slice();
    copy.#appends = this.#appends + 1000;
    copy.synced = this.synced;
    return copy;
  }

  /** Readers see what is synced, all of it, and nothing else. */
  assertReads(stream: ByteStream): void {
    let position = stream.offset;
    for (const chunk of stream) {
      assert.equal(chunk.position, position, 'chunks follow each other');
      assert.ok(chunk.end > chunk.position, 'a chunk holds something');
      assert.ok(
        Buffer.compare(chunk.data, this.#bytes.subarray(chunk.position, chunk.end)) === 0,
        `bytes from ${chunk.position} to ${chunk.end}`,
      );
      position = chunk.end;
    }
    assert.equal(position, stream.synced, 'all of it');
  }
}
