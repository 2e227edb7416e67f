import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, type Region, Stream } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { type Random, seededRandom } from '../../src/testing/random.js';
import { turn } from '../helpers/bytes.js';

const REGIONS = 40;

/** Somebody who follows all regions, at his own pace. */
class Follower {
  readonly seen: number[] = [];
  readonly #tail: AsyncGenerator<Entry, void, void>;
  #next: Promise<IteratorResult<Entry, void>> | undefined;

  constructor(stream: Stream, signal: AbortSignal) {
    this.#tail = stream.tail({ signal });
  }

  /** Takes what is there, or begins to wait. */
  async look(): Promise<void> {
    for (;;) {
      this.#next ??= this.#tail.next();
      const step = await Promise.race([this.#next, turn()]);
      if (step === undefined || step.done === true) return;
      this.#next = undefined;
      this.seen.push(step.value.timestamp);
    }
  }
}

/** Followers of a stream whose regions grow, come and go by chance. */
class Scene {
  readonly stream = Stream.openSync(new SimulatedMedium('4MiB'));
  readonly followers: readonly Follower[];
  readonly #stop = new AbortController();
  readonly #random: Random;
  readonly #regions: Region[];

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#regions = Array.from({ length: REGIONS }, () => this.stream.allocateSync('8KiB'));
    this.followers = [0, 1, 2].map(() => new Follower(this.stream, this.#stop.signal));
  }

  async step(): Promise<void> {
    const what = this.#random(20);
    const chosen = this.#random(this.#regions.length);
    const region = this.#regions[chosen] as Region;
    if (what < 12) region.appendSync('x', { until: what < 6 ? 'committed' : 'persisted' });
    // The last one looks seldom.
    else if (what < 16) await this.followers[this.#random(what === 15 ? 3 : 2)]?.look();
    else if (what === 16) this.#regions.push(this.stream.allocateSync('8KiB'));
    else if (what === 17) this.stream.persistSync();
    else await this.#takeAway(what, region, chosen);
  }

  /** What goes away must have been seen by all. */
  async #takeAway(what: number, region: Region, chosen: number): Promise<void> {
    await this.look();
    if (what === 18) region.clearSync();
    else this.#regions.splice(chosen, 1)[0]?.freeSync();
  }

  async look(): Promise<void> {
    for (const follower of this.followers) await follower.look();
  }

  end(): void {
    this.#stop.abort();
    this.stream.closeSync();
  }
}

test('who follows many regions sees every entry in its order, whichever regions grow, come and go', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const scene = new Scene(seed);
    for (let step = 0; step < 250; step++) await scene.step();
    await scene.look();
    const all = Array.from({ length: scene.stream.committed }, (_, i) => i + 1);
    for (const { seen } of scene.followers) assert.deepEqual(seen, all, `seed ${seed}`);
    scene.end();
  }
});

test('entries from a timestamp on come from all regions, also of those that end before it and grow meanwhile', () => {
  const stream = Stream.openSync(new SimulatedMedium('1MiB'));
  const regions = Array.from({ length: 10 }, () => stream.allocateSync('4KiB'));
  for (let i = 0; i < 50; i++) regions[i % 10]?.appendSync(`${i}`);
  const seen: number[] = [];
  for (const { timestamp } of stream.entries({ from: 48 })) {
    seen.push(timestamp);
    if (timestamp === 50) for (const region of regions) region.appendSync('more');
  }
  assert.deepEqual(seen, [48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60]);
  assert.equal(regions[3]?.get(44)?.text(), '43');
  assert.equal(regions[3]?.get(61), undefined);
  stream.closeSync();
});

test('a recovery of many regions finds what was appended to a few of them, and what is damaged', () => {
  const medium = new SimulatedMedium('4MiB');
  const stream = Stream.openSync(medium);
  const regions = Array.from({ length: 300 }, (_, i) => stream.allocateSync('8KiB', { name: `${i}` }));
  for (const region of regions.slice(100, 200)) region.appendSync('before the mark');
  stream.closeSync();
  const second = Stream.openSync(medium);
  for (const name of ['7', '299', '150']) second.region(name)?.appendSync('behind it');
  second.region('150')?.appendSync('and more');
  const crash = medium.crashPoint();
  const recovered = Stream.openSync(SimulatedMedium.afterKill(crash));
  assert.deepEqual(
    [...recovered.entries({ from: 101 })].map((entry) => [entry.region.name, entry.text()]),
    [
      ['7', 'behind it'],
      ['299', 'behind it'],
      ['150', 'behind it'],
      ['150', 'and more'],
    ],
  );
  recovered.closeSync();
  // Nothing is at the end of this one any more, but what stands behind says that there was.
  const image = crash.volatile.slice();
  const at = (second.region('150')?.offset ?? 0) + 32;
  image.fill(0, at, at + 16);
  assert.throws(() => Stream.openSync(SimulatedMedium.fromImage(image)), { code: 'VARVE_CORRUPT' });
  second.closeSync();
});
