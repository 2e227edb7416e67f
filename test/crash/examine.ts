import assert from 'node:assert/strict';
import { Stream } from '../../src/index.js';
import { type CrashImageOptions, type CrashPoint, SimulatedMedium } from '../../src/testing/index.js';
import { ImageMedium } from '../helpers/image-medium.js';
import { imageKey } from './image-key.js';
import { assertSame, type Known, newestOf, readAll } from './known.js';

/** How far an image is looked into, beyond what is done with every one. */
export interface Depth {
  /** Crash again at every drain of the recovery. */
  readonly recoveryCrashes: CrashImageOptions | undefined;
  /** Open it read-only as well, which must show the same and change nothing. */
  readonly readOnly: boolean;
  /** Let the stream check itself at the end. */
  readonly check: boolean;
}

/** Nothing more than what is done with every image. */
export const SHALLOW: Depth = { recoveryCrashes: undefined, readOnly: false, check: false };
/** Everything, with few images of each crash of a recovery. */
export const DEEP: Depth = {
  recoveryCrashes: { exhaustive: 8, samples: 4, most: 6 },
  readOnly: true,
  check: true,
};

/** What came of an image. */
export interface Outcome {
  readonly found: Known;
  /** The newest timestamp that the stream said was committed. */
  readonly committed: number;
  /** The first timestamp given to an append afterwards; undefined if there was no room for one. */
  readonly next: number | undefined;
}

/**
 * Opens images as a process does after a crash, reads them and goes on with them. What must hold whatever was done before
 * is asserted here.
 */
export class Examiner {
  /** How many images of crashes in recoveries were looked at. */
  recoveryImages = 0;
  /** What is on the medium: one image after the other. */
  readonly #bytes: Uint8Array;
  readonly #medium: ImageMedium;
  /** What came of going on from what recoveries left, by its key: many images become the same one. */
  readonly #wentOn = new Map<number, { found: Known; next: number | undefined }>();
  readonly #toCheck: Stream[] = [];

  /** @param size bytes of the images */
  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
    this.#medium = new ImageMedium(this.#bytes);
  }

  /** Bytes of the images. */
  get size(): number {
    return this.#medium.size;
  }

  /**
   * Opens an image twice, appends, closes and opens it again.
   *
   * @param put stores the image
   */
  examine(put: (image: Uint8Array) => void, depth: Depth): Outcome {
    const medium = this.#medium;
    put(this.#bytes);
    const image = depth === SHALLOW ? undefined : this.#bytes.slice();
    const stream = Stream.openSync(medium, { mode: 'open' });
    const found = readAll(stream);
    const { committed } = stream;
    assert.ok(newestOf(found) <= committed, `${committed} is not the newest timestamp`);
    assert.equal(stream.persisted, committed);
    const further = this.#goOn();
    assertSame(further.found, found, 'when it is recovered twice');
    if (image !== undefined) this.#lookDeeper(image, found, depth);
    return { found, committed, next: further.next };
  }

  /** Forgets what it saw, and lets those streams check themselves for which that was asked. */
  async finish(): Promise<void> {
    this.#wentOn.clear();
    for (const stream of this.#toCheck.splice(0)) {
      const { problems } = await stream.check();
      stream.closeSync();
      assert.deepEqual(problems, [], 'the stream finds fault with itself');
    }
  }

  /** Opens what the recovery left as if the process had died right then, appends, closes and opens once more. */
  #goOn(): { found: Known; next: number | undefined } {
    const medium = this.#medium;
    const key = imageKey(this.#bytes);
    const seen = this.#wentOn.get(key);
    if (seen !== undefined) return seen;
    const stream = Stream.openSync(medium, { mode: 'open' });
    const found = readAll(stream);
    const { grown, next } = appendTwo(stream, found);
    stream.closeSync();
    assertSame(readAll(Stream.openSync(medium, { mode: 'open' })), grown, 'after two appends');
    this.#wentOn.set(key, { found, next });
    return { found, next };
  }

  #lookDeeper(image: Uint8Array, found: Known, depth: Depth): void {
    const medium = SimulatedMedium.fromImage(image);
    const points: CrashPoint[] = [];
    if (depth.recoveryCrashes !== undefined) medium.onDrain = () => points.push(medium.crashPoint());
    const stream = Stream.openSync(medium, { mode: 'open' });
    medium.onDrain = undefined;
    assertAllDurable(medium, 'recovery');
    for (const point of points) {
      for (const left of point.images(depth.recoveryCrashes)) {
        this.recoveryImages++;
        assertShows(left, found, 'after a crash in recovery');
      }
    }
    if (depth.readOnly) assertReadOnlyShows(image, found);
    appendTwo(stream, found);
    stream.closeSync();
    assertAllDurable(medium, 'closing');
    if (depth.check) this.#toCheck.push(Stream.openSync(medium, { mode: 'open' }));
  }
}

/** Throws unless the image shows this and nothing else. */
export function assertShows(image: Uint8Array, expected: Known, when: string): void {
  assertSame(readAll(Stream.openSync(new ImageMedium(image.slice()), { mode: 'open' })), expected, when);
}

/** Appends to two regions, or twice to a new one, as it must be possible after any crash. */
function appendTwo(stream: Stream, found: Known): { grown: Known; next: number | undefined } {
  const grown = new Map(found);
  const roomy = [...stream.regions()].filter((region) => region.available >= 8).slice(0, 2);
  if (roomy.length < 2 && stream.available >= 64) roomy.push(stream.allocateSync(64));
  let next: number | undefined;
  for (const region of roomy) {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, region.id);
    const { timestamp } = region.appendSync(bytes);
    next ??= timestamp;
    const { id, name, size } = region;
    const entries = [...(grown.get(id)?.entries ?? []), { timestamp, bytes }];
    grown.set(id, { id, name, size, entries, persisted: entries.length });
  }
  return { grown, next };
}

function assertReadOnlyShows(image: Uint8Array, expected: Known): void {
  const medium = SimulatedMedium.fromImage(image);
  const stream = Stream.openSync(medium, { mode: 'open', readOnly: true });
  assertSame(readAll(stream), expected, 'read-only');
  stream.closeSync();
  assertAllDurable(medium, 'reading');
}

function assertAllDurable(medium: SimulatedMedium, what: string): void {
  assert.deepEqual(medium.pendingIn(0, medium.size), [], `${what} leaves something that is not durable`);
}
