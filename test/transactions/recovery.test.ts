import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Region, Stream } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { texts } from '../helpers/bytes.js';
import { fails } from '../helpers/errors.js';

const ALL = { exhaustive: 4096, samples: 64 };

function newStream(): { medium: SimulatedMedium; stream: Stream; region: (name: string) => Region } {
  const medium = new SimulatedMedium('64KiB');
  const stream = Stream.openSync(medium, { blockSize: 64 });
  for (const name of ['a', 'b', 'c']) stream.allocateSync(1024, { name });
  return { medium, stream, region: (name) => stream.region(name) as Region };
}

function textsOf(stream: Stream, ...names: string[]): string[] {
  return names.flatMap((name) => texts(stream.region(name) ?? []));
}

function reopened(image: Uint8Array): { medium: SimulatedMedium; stream: Stream } {
  const medium = SimulatedMedium.fromImage(image);
  return { medium, stream: Stream.openSync(medium) };
}

/** What is durable for certain. */
function durable(medium: SimulatedMedium): Uint8Array {
  return medium.crashPoint().durable;
}

test('what a crash left of a transaction never comes back, whatever is done next', () => {
  const { medium, stream, region } = newStream();
  region('c').appendSync('first');
  stream.transactionSync(
    (tx) => {
      tx.append(region('a'), 'in a');
      tx.append(region('b'), 'in b');
    },
    { until: 'committed' },
  );
  region('a').appendSync('behind a', { until: 'committed' });
  const counts = { whole: 0, none: 0, torn: 0 };
  medium.onDrain = (moment) => {
    if (moment !== 'before drain') return;
    for (const image of medium.crashImages(ALL)) {
      const { medium: after, stream: recovered } = reopened(image);
      const found = textsOf(recovered, 'a', 'b');
      const whole = found.includes('in a');
      assert.equal(found.includes('in b'), whole, found.join());
      counts[whole ? 'whole' : 'none']++;
      // The only part, or what is left of it, is not stored over by this.
      recovered.region('c')?.appendSync('second');
      const { stream: again } = reopened(durable(after));
      assert.deepEqual(textsOf(again, 'a', 'b', 'c'), [...found, 'first', 'second']);
      again.closeSync();
      recovered.region('a')?.appendSync('new');
      const { stream: third } = reopened(durable(after));
      assert.deepEqual(textsOf(third, 'b', 'c'), [...textsOf(recovered, 'b', 'c')]);
      assert.equal(textsOf(third, 'a').at(-1), 'new');
      third.closeSync();
    }
  };
  stream.persistSync();
  assert.ok(counts.whole > 0 && counts.none > 0, JSON.stringify(counts));
});

test('a part that is missing of an acknowledged transaction is damage, not a crash', () => {
  const { medium, stream, region } = newStream();
  stream.transactionSync((tx) => {
    for (const name of ['a', 'b', 'a']) tx.append(region(name), `in ${name}`);
  });
  region('c').appendSync('certifies');
  const image = durable(medium).slice();
  const { offset } = region('b');
  image.fill(0, offset, offset + 24);
  fails('VARVE_CORRUPT', () => reopened(image));
  const reader = Stream.openSync(SimulatedMedium.fromImage(image), { readOnly: true });
  fails('VARVE_CORRUPT', () => textsOf(reader, 'b'));
});

test('an entry that certifies the midst of a long transaction certifies all of it', () => {
  const { medium, stream, region } = newStream();
  const big = stream.allocateSync(16_384, { name: 'big' });
  // Lags above 16 are rounded up: what is certified then lies in the midst.
  stream.transactionSync((tx) => {
    for (let i = 0; i < 200; i++) tx.append(big, `${i}`);
    tx.append(region('b'), 'last');
  });
  for (let i = 0; i < 37; i++) region('c').appendSync('x', { until: 'committed' });
  stream.persistSync();
  const last = region('c').appendSync('y');
  const image = durable(medium).slice();
  assert.equal(texts(reopened(image).stream.region('big') ?? []).length, 200);
  // Only entries with rounded lags are left to certify anything.
  const { offset } = region('c');
  image.fill(0, offset + last.offset, offset + last.offset + 24);
  assert.equal(texts(reopened(image).stream.region('big') ?? []).length, 200);
  const b = region('b').offset;
  image.fill(0, b, b + 24);
  fails('VARVE_CORRUPT', () => reopened(image));
});
