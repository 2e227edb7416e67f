import assert from 'node:assert/strict';
import { EndlessStream } from '../../src/blocks/index.js';
import type { CrashPoint } from '../../src/testing/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { History } from './history.js';
import { Sliced } from './sliced.js';

/** A moment of a crash, and what may be found afterwards. */
interface Moment {
  readonly point: CrashPoint;
  readonly history: History;
  /** Where the stream may end: what was synced, and what was on its way. */
  readonly ends: readonly number[];
  readonly first: number;
}

/** How much is looked into. */
export interface Effort {
  readonly images: number;
  readonly seed: number;
}

/** An endless stream on a simulated medium, with a crash at every drain and behind every step. */
export class CrashWorld {
  readonly moments: Moment[] = [];
  #allocator: Sliced;
  #stream: EndlessStream;
  readonly #history: History;
  /** True while a sync may make durable what was appended before it. */
  #syncing = false;

  constructor(allocator: Sliced, history = new History()) {
    this.#allocator = allocator;
    this.#history = history;
    this.#watch();
    this.#stream = this.#load();
  }

  get stream(): EndlessStream {
    return this.#stream;
  }

  append(size: number): void {
    const bytes = this.#history.next(size);
    const half = Math.floor(size / 3);
    // Its end is not its end before all of it is there: growing drains in between.
    const end = this.#history.end;
    this.#history.end = this.#stream.end;
    this.#stream.append(bytes.subarray(0, half), bytes.subarray(half));
    this.#history.end = end;
    this.#note();
  }

  sync(): void {
    this.#whileSyncing(() => this.#stream.syncSync());
    this.#history.synced = this.#history.end;
    this.#history.assertReads(this.#stream);
    this.#note();
  }

  advance(part: number): void {
    const { offset, synced } = this.#stream;
    this.#stream.advance(offset + Math.floor((synced - offset) * part));
  }

  shrink(): void {
    this.#stream.shrinkSync();
  }

  grow(): void {
    this.#stream.growSync();
  }

  reopen(): void {
    this.#whileSyncing(() => this.#stream.closeSync());
    this.#history.synced = this.#history.end;
    const { medium, count, shift } = this.#allocator;
    this.#allocator = new Sliced(medium, count, shift);
    this.#stream = this.#load();
    this.#history.assertReads(this.#stream);
  }

  #whileSyncing(work: () => void): void {
    this.#syncing = true;
    work();
    this.#syncing = false;
  }

  #load(): EndlessStream {
    const { count: blockCount, shift: blockShift } = this.#allocator;
    return EndlessStream.loadSync(this.#allocator, { blockCount, blockShift });
  }

  #watch(): void {
    this.#allocator.medium.onDrain = () => this.#note();
  }

  #note(): void {
    const { synced, end } = this.#history;
    this.moments.push({
      point: this.#allocator.medium.crashPoint(),
      history: this.#history.copy(),
      ends: this.#syncing ? [synced, end] : [synced],
      first: this.#stream?.offset ?? 0,
    });
  }

  /** Tries what the crashes may have left; returns how many images. */
  examine({ images, seed }: Effort, deeper = true): number {
    let tried = 0;
    for (const [k, moment] of this.moments.entries()) {
      for (const image of moment.point.images({
        exhaustive: images,
        samples: images / 2,
        most: images,
        seed: seed + k,
      })) {
        tried += this.#recover(image, moment, deeper, seed + tried);
      }
    }
    return tried;
  }

  #recover(image: Uint8Array, { history, ends, first }: Moment, deeper: boolean, seed: number): number {
    const allocator = Sliced.fromImage(image, this.#allocator);
    const recovery: CrashPoint[] = [];
    const found = check(allocator, history, ends, first, recovery);
    if (!deeper) return 1;
    let tried = 1;
    for (const point of recovery) {
      for (const again of point.images({ exhaustive: 4, samples: 1, most: 3, seed })) {
        check(Sliced.fromImage(again, allocator), history, [found], first);
        tried++;
      }
    }
    return tried;
  }
}

/** Loads what a crash has left, holds it to its history, and goes on with it; returns where it ended. `recovery`: where a crash might have cut that short. */
function check(
  allocator: Sliced,
  history: History,
  ends: readonly number[],
  first: number,
  recovery: CrashPoint[] = [],
): number {
  const { count: blockCount, shift: blockShift, medium } = allocator;
  medium.onDrain = () => recovery.push(medium.crashPoint());
  const stream = EndlessStream.loadSync(allocator, { blockCount, blockShift });
  medium.onDrain = undefined;
  const found = stream.end;
  assert.ok(ends.includes(found), `the stream ends at ${found}, not at ${ends.join(' or ')}`);
  assert.equal(stream.synced, found);
  assert.ok(stream.offset <= first, `what was dropped ends at ${stream.offset}, at most at ${first}`);
  history.assertReads(stream);
  stream.verifySync();
  goOn(allocator, stream, history.copy());
  return found;
}

/** What is there can be gone on with, and comes back; what the crash has left beside it does not. */
function goOn(allocator: Sliced, stream: EndlessStream, history: History): void {
  history.cutTo(stream.end);
  const random = seededRandom(stream.end);
  stream.append(history.next(1 + random(90)));
  stream.closeSync();
  history.synced = history.end;
  const { count: blockCount, shift: blockShift, medium } = allocator;
  const again = EndlessStream.loadSync(new Sliced(medium, blockCount, blockShift));
  assert.equal(again.end, history.end, 'what was appended after the crash is there');
  history.assertReads(again);
  again.verifySync();
}
