import { type Region, type Stream, VarveError } from 'varve';

/**
 * Regions of the size of a segment that keep room in the stream: moving takes room before it makes any, and so does deleting. A full
 * database without them could never be emptied.
 */
export class Spares {
  readonly #stream: Stream;
  readonly #size: number;
  readonly #held: Region[];

  constructor(stream: Stream, size: number) {
    this.#stream = stream;
    this.#size = size;
    this.#held = [...stream.regions()].filter(({ name }) => name?.startsWith('spare '));
  }

  /** Takes room until so many are held. Returns false if there is not enough. */
  async hold(count: number): Promise<boolean> {
    try {
      while (this.#held.length < count)
        this.#held.push(await this.#stream.allocate(this.#size, { name: this.#freeName() }));
      return true;
    } catch (error) {
      if (isFull(error)) return false;
      throw error;
    }
  }

  /** Gives room back until no more than so many are held. */
  async release(count: number): Promise<void> {
    while (this.#held.length > count) await this.#held.pop()?.free();
  }

  get held(): number {
    return this.#held.length;
  }

  #freeName(): string {
    const names = new Set(this.#held.map(({ name }) => name));
    let number = 0;
    while (names.has(`spare ${number}`)) number += 1;
    return `spare ${number}`;
  }
}

export function isFull(error: unknown): boolean {
  return error instanceof VarveError && error.code === 'VARVE_FULL';
}
