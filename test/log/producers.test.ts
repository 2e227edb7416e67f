import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Log, type LogAppendOptions, MemoryMedium, Stream } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { texts } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { memoryStream } from '../helpers/media.js';

const SEGMENT = { segmentSize: 4096 } as const;

function p(sequence: number, producer = 'p'): LogAppendOptions {
  return { producer, sequence };
}

test('a repeat is not stored twice, and returns the entry that is there', async (t) => {
  const stream = memoryStream(t);
  const log = await stream.log('orders', SEGMENT);
  log.appendSync('without');
  const first = log.appendSync('one', p(1));
  assert.equal(first.text(), 'one');
  assert.equal(log.appendSync('one again', p(1)).timestamp, first.timestamp);
  assert.equal((await log.append('one again', p(1))).text(), 'one');
  const [three, again] = await Promise.all([log.append('three', p(3)), log.append('three again', p(3))]);
  assert.equal(three?.timestamp, again?.timestamp);
  const other = log.appendSync('other', p(1, 'q'));
  assert.equal(log.appendSync('one', p(1)).timestamp, first.timestamp);
  assert.equal(log.appendvSync(['ot', 'her'], p(1, 'q')).timestamp, other.timestamp);
  fails('VARVE_CONFLICT', () => log.appendSync('two', p(2)));
  await rejects('VARVE_CONFLICT', log.append('two', p(2)));
  assert.deepEqual(texts(log), ['without', 'one', 'three', 'other']);
  for (const options of [{ producer: 'p' }, { sequence: 1 }, p(-1), p(1, ''), p(1, 'x'.repeat(256)), 3])
    fails('VARVE_ARGUMENT', () => log.appendSync('x', options as LogAppendOptions));
});

/** Appends 1, 2, 3, … as two producers, with entries of nobody in between. */
function appendAll(log: Log, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    log.appendSync(`p${i}`, { ...p(i), until: 'committed' });
    log.appendSync('nobody', { until: 'committed' });
    if (i % 10 === 0) log.appendSync(`q${i}`, { ...p(i, 'q'), until: 'committed' });
  }
}

test('it is remembered over segments, openings, trims and cuts', async (t) => {
  const medium = new MemoryMedium('1MiB');
  const stream = await Stream.open(medium);
  const log = await stream.log('orders', SEGMENT);
  appendAll(log, 1, 300);
  assert.ok([...log.segments()].length > 3);
  // Lets the background note what is known.
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  await stream.close();
  const again = await Stream.open(medium);
  t.after(() => again.close());
  const reopened = await again.log('orders');
  const count = reopened.entryCount;
  assert.equal(reopened.appendSync('x', p(299)).text(), 'p299');
  assert.equal(reopened.appendSync('x', p(17)).text(), 'p17');
  assert.equal(reopened.appendSync('x', p(290, 'q')).text(), 'q290');
  assert.equal(reopened.entryCount, count);
  const at = (sequence: number) => reopened.appendSync('x', p(sequence)).timestamp;
  const half = at(150);
  await reopened.truncateAfter(half);
  assert.equal(at(150), half);
  assert.equal(reopened.appendSync('x', p(150, 'q')).text(), 'x');
  assert.equal(reopened.appendSync('anew', p(151)).text(), 'anew');
  await reopened.trim({ before: at(149) });
  fails('VARVE_TRIMMED', () => at(20));
  assert.equal(at(150), half);
});

test('a retry after a crash is stored once, whatever became of the first try', () => {
  const medium = new SimulatedMedium('64KiB');
  const stream = Stream.openSync(medium, { blockSize: 256 });
  const log = stream.logSync('orders', { segmentSize: 512 });
  const images: Uint8Array[] = [];
  for (let i = 1; i < 30; i++) {
    if (i % 4 === 0)
      medium.onDrain = () => images.push(...medium.crashImages({ exhaustive: 2, samples: 2, most: 4 }));
    log.appendSync(`p${i}`, p(i));
    medium.onDrain = () => {};
  }
  assert.ok(images.length > 20);
  for (const image of images) {
    const after = Stream.openSync(SimulatedMedium.fromImage(image));
    const found = after.logSync('orders');
    const held = texts(found).length;
    for (let i = Math.max(1, held - 1); i < held + 3; i++) found.appendSync(`p${i}`, p(i));
    assert.deepEqual(
      texts(found),
      Array.from({ length: held + 2 }, (_, index) => `p${index + 1}`),
    );
    after.closeSync();
  }
});
