import type { Stream } from '../index.js';

/** As much may be committed and not persisted yet: enough to keep the medium busy, and not much memory. */
const UNPERSISTED_BYTES = 8 * 1024 * 1024;

/** Makes what is appended durable in large pieces, and holds the one who appends back to the pace of the medium. */
export class Pacer {
  readonly #stream: Stream;
  #persisting: Promise<void> = Promise.resolve();
  #persistAt = UNPERSISTED_BYTES;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Call it now and then. @param bytes appended so far, in all */
  async keepUp(bytes: number): Promise<void> {
    if (bytes < this.#persistAt) return;
    await this.#persisting;
    this.#persisting = this.#stream.persist();
    // A failure is thrown by the next wait; until then nobody waits for it.
    this.#persisting.catch(() => {});
    this.#persistAt = bytes + UNPERSISTED_BYTES;
  }

  /** Resolves once everything appended is durable. */
  async finish(): Promise<void> {
    await this.#persisting;
    await this.#stream.persist();
  }
}
