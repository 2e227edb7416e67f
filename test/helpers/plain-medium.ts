import type { Access, Extent, Medium } from '../../src/media/medium.js';

/** What the media that tests make of bytes in memory have in common: nothing fails, nobody locks, and a drain has nothing to do. */
export abstract class PlainMedium implements Medium {
  readonly kind = 'simulated';
  readonly granularity = 8;
  readonly slow = false;
  readonly volatile = false;
  readonly retains = true;
  readonly path = undefined;
  readonly failed = undefined;
  abstract readonly size: number;
  abstract readonly isNew: boolean;
  abstract readonly readOnly: boolean;

  abstract open(offset: number, length: number, access: Access): Extent;

  drainSync(): void {}

  async drain(): Promise<void> {
    this.drainSync();
  }

  publish(): void {}

  lock(): void {}

  close(): void {}
}
