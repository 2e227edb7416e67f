import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Log, Stream } from '../../src/index.js';
import { type CrashPoint, SimulatedMedium } from '../../src/testing/index.js';
import { texts } from '../helpers/bytes.js';

const IMAGES = { exhaustive: 2, samples: 2, most: 5, seed: 3 };
const SEGMENT = { segmentSize: 256 } as const;
const SIZE = '48KiB';

/** What the log holds; undefined where there is none. */
type Content = readonly string[] | undefined;

/** A point in time, and what may be found then: what there was before the change under way, or behind it. */
interface Moment {
  readonly point: CrashPoint;
  readonly allowed: readonly Content[];
}

/** Tells a story of changes, and what a crash at each drain would leave of it. */
class Story {
  readonly moments: Moment[] = [];
  readonly #medium = new SimulatedMedium(SIZE);
  readonly stream: Stream;
  #content: Content;
  #next: Content;

  constructor() {
    this.stream = Stream.openSync(this.#medium, { blockSize: 256 });
    this.#medium.onDrain = () => this.#note();
  }

  /** A change, and what the log holds after it. */
  change(act: () => unknown, next: (content: readonly string[]) => Content): void {
    this.#next = next(this.#content ?? []);
    act();
    this.#content = this.#next;
    this.#note();
  }

  append(log: Log, from: number, to: number): void {
    for (let i = from; i < to; i++)
      this.change(
        () => log.appendSync(`${i}`.padEnd(20)),
        (content) => [...content, `${i}`],
      );
  }

  #note(): void {
    const allowed = this.#content === this.#next ? [this.#content] : [this.#content, this.#next];
    this.moments.push({ point: this.#medium.crashPoint(), allowed });
  }
}

function contentOf(log: Log): string[] {
  return texts(log).map((text) => text.trim());
}

/** Bytes that a region can take in a stream of the story with nothing in it. */
const ROOM = Stream.openSync(new SimulatedMedium(SIZE), { blockSize: 256 }).available;

/** All segments there are belong to the chain, and it has none before the first entry. */
function assertTidy({ core }: Log): void {
  const { segments } = core.chain;
  const all = [...core.core.regions.values()].filter(({ hidden }) => hidden?.kind === 'segment');
  assert.equal(all.length, segments.length, 'segments are left that belong to no chain');
  assert.ok(core.head === undefined ? segments.length <= 1 : core.head.segment === segments[0]);
}

/** What is found after a crash. It goes on from there, and all space can be had back. */
function goesOn(image: Uint8Array): string {
  const medium = SimulatedMedium.fromImage(image);
  const stream = Stream.openSync(medium);
  const isThere = stream.logs().includes('orders');
  if (!isThere) assert.equal(stream.available, ROOM, 'nothing is left of a log that is not there');
  const log = stream.logSync('orders', SEGMENT);
  assertTidy(log);
  const content = contentOf(log);
  assert.deepEqual(
    Array.from(stream.entries(), (entry) => entry.text().trim()),
    content,
  );
  assert.equal(log.entryCount, content.length);
  log.appendSync('on');
  assert.deepEqual(contentOf(log), [...content, 'on']);
  stream.closeSync();
  const again = Stream.openSync(medium);
  const reopened = again.logSync('orders');
  assert.deepEqual(contentOf(reopened), [...content, 'on']);
  reopened.freeSync();
  assert.equal(again.available, ROOM, 'all space can be had back');
  again.closeSync();
  return JSON.stringify(isThere ? content : undefined) ?? 'none';
}

function search({ moments }: Story): number {
  const seen = new Map<string, string>();
  let images = 0;
  for (const { point, allowed } of moments) {
    const words = allowed.map((content) => JSON.stringify(content) ?? 'none');
    for (const image of point.images(IMAGES)) {
      const key = Buffer.from(image).toString('latin1');
      const found = seen.get(key) ?? goesOn(image);
      seen.set(key, found);
      images++;
      assert.ok(words.includes(found), `${found} is none of ${words.join(' or ')}`);
    }
  }
  return images;
}

test('after a crash at any moment a log holds what it should, and no space is lost', () => {
  const story = new Story();
  const { stream } = story;
  let log: Log | undefined;
  story.change(
    () => {
      log = stream.logSync('orders', SEGMENT);
    },
    () => [],
  );
  assert.ok(log);
  const orders = log;
  const at = (index: number) => [...orders][index]?.timestamp ?? 0;
  story.append(orders, 0, 12);
  story.change(
    () => orders.trimSync({ before: at(6) }),
    (content) => content.slice(6),
  );
  story.change(
    () => orders.truncateAfterSync(at(3)),
    (content) => content.slice(0, 4),
  );
  story.append(orders, 20, 26);
  story.change(
    () => orders.truncateAfterSync(at(1)),
    (content) => content.slice(0, 2),
  );
  story.append(orders, 30, 33);
  story.change(
    () => orders.trimSync({ before: orders.last + 1 }),
    () => [],
  );
  story.append(orders, 60, 78);
  story.change(
    () => orders.trimSync({ before: at(16) }),
    (content) => content.slice(16),
  );
  story.append(orders, 40, 44);
  story.change(
    () => orders.truncateAfterSync(0),
    () => [],
  );
  story.append(orders, 50, 51);
  story.change(
    () => orders.freeSync(),
    () => undefined,
  );
  const images = search(story);
  assert.ok(images > 300, `${images} images are no search`);
});

test('a trim of many segments takes no more drains than one of two', () => {
  const drainsFor = (entries: number): number => {
    const medium = new SimulatedMedium(SIZE);
    const stream = Stream.openSync(medium, { blockSize: 256 });
    const log = stream.logSync('orders', SEGMENT);
    for (let i = 0; i < entries; i++) log.appendSync(`${i}`.padEnd(20));
    const segments = [...log.segments()].length;
    let drains = 0;
    medium.onDrain = () => {
      drains++;
    };
    log.trimSync({ before: log.last });
    assert.equal([...log.segments()].length, 1, `${segments - 1} segments are free`);
    return drains;
  };
  assert.equal(drainsFor(60), drainsFor(12));
});
