import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { type Gap, jsonCodec, type ReadableOptions } from '../../src/index.js';
import { stateOf, texts } from '../helpers/bytes.js';
import { memoryStream } from '../helpers/media.js';

const values = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ index, text: 'x'.repeat(50) }));

test('values stream into a log and out of it, over many segments, without what stands before them there', async (t) => {
  const log = await memoryStream(t).log('values', { segmentSize: 4096 });
  await pipeline(Readable.from(values(300)), log.writable({ codec: jsonCodec() }));
  assert.ok([...log.segments()].length > 3);
  assert.deepEqual(await log.readable({ codec: jsonCodec() }).toArray(), values(300));
  const bytes = Buffer.concat(await log.readable().toArray());
  assert.equal(
    bytes.toString(),
    values(300)
      .map((value) => JSON.stringify(value))
      .join(''),
  );
  const web: unknown[] = [];
  for await (const value of log.readableStream({ codec: jsonCodec() })) web.push(value);
  assert.deepEqual(web, values(300));
});

test('a log that waits when it is full holds the writable up until something is trimmed, and keeps the order', async (t) => {
  const stream = memoryStream(t, '64KiB');
  const log = await stream.log('values', { segmentSize: 4096, whenFull: 'wait' });
  const count = 1500;
  const written = pipeline(
    Readable.from(values(count)),
    log.writable({ codec: jsonCodec(), highWaterMark: 8 }),
  );
  let seen = 0;
  let waited = 0;
  while (seen < count) {
    if ((await stateOf(written)) === 'pending') waited += 1;
    for (const entry of log.entries()) {
      assert.deepEqual(entry.json(), values(count)[seen]);
      seen += 1;
    }
    await log.trim({ before: log.last + 1 });
  }
  await written;
  assert.ok(waited >= 2, 'the pipeline had to wait');
});

test('a writable that is destroyed while it waits for room lets go', async (t) => {
  const stream = memoryStream(t, '64KiB');
  const log = await stream.log('values', { segmentSize: 4096, whenFull: 'wait' });
  const writable = log.writable({ objectMode: true });
  for (let index = 0; index < 100; index += 1) writable.write('x'.repeat(1000));
  assert.equal(await stateOf(once(writable, 'drain')), 'pending');
  const held = log.entryCount;
  writable.destroy();
  await once(writable, 'close');
  await log.trim({ before: log.last + 1 });
  await log.append('behind it');
  assert.ok(texts(log).length <= 2, `${held} were in it, ${log.entryCount} are`);
  assert.equal(texts(log).at(-1), 'behind it');
});

test('a live readable of a log tells of a gap, or goes on behind it', async (t) => {
  const log = await memoryStream(t).log('values', { segmentSize: 4096 });
  const fill = async () => {
    for (let index = 0; index < 200; index += 1) log.appendSync(`${index} ${'x'.repeat(60)}`);
  };
  await fill();
  const options: ReadableOptions = { live: true, objectMode: true, highWaterMark: 1 };
  const failing = log.readable(options);
  const gaps: Gap[] = [];
  const going = log.readable({ ...options, onGap: (gap) => void gaps.push(gap) });
  for (const readable of [failing, going]) await once(readable, 'readable');
  await log.trim({ before: 150 });
  const [error] = await once(failing.resume(), 'error');
  assert.equal(error.code, 'VARVE_TRIMMED');
  const seen: number[] = [];
  for await (const entry of going) {
    seen.push(entry.timestamp);
    if (entry.timestamp === log.last) break;
  }
  assert.equal(gaps.length, 1);
  assert.equal(seen.at(-1), log.last);
  assert.ok(seen.length < 120);
});
