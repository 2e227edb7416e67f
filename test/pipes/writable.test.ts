import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { type Entry, jsonCodec, type Region, Stream, VarveError } from '../../src/index.js';
import { pattern, stateOf, texts, turn } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { memoryStream, onEveryMedium, temporaryDirectory } from '../helpers/media.js';
import { GatedMedium } from './gated.js';

async function gated(): Promise<{ medium: GatedMedium; stream: Stream; region: Region }> {
  const medium = new GatedMedium();
  const stream = await Stream.open(medium);
  const region = await stream.allocate('64KiB');
  return { medium, stream, region };
}

onEveryMedium(
  'a file streams into a region, byte for byte, and is persisted at the end',
  async (t, place) => {
    const bytes = pattern(300_000, 1);
    const path = join(temporaryDirectory(t), 'source');
    writeFileSync(path, bytes);
    const stream = await place.open();
    const region = await stream.allocate('512KiB');
    await pipeline(createReadStream(path), region.writable());
    assert.deepEqual(Buffer.concat(Array.from(region, (entry) => entry.copy())), Buffer.from(bytes));
    assert.equal(stream.persisted, stream.committed);
  },
);

test('each chunk is one entry; text is stored as UTF-8, or as its encoding says', async (t) => {
  const region = await memoryStream(t).allocate('64KiB');
  const writable = region.writable();
  writable.write('Eis');
  writable.write('c3a9', 'hex');
  writable.end(Buffer.from('Sand'));
  await once(writable, 'finish');
  assert.deepEqual(texts(region), ['Eis', 'é', 'Sand']);
});

test('a write is done only when it is persisted, and what gathers meanwhile becomes one group', async () => {
  const { medium, stream, region } = await gated();
  medium.shut();
  const writable = region.writable({ objectMode: true });
  const done: number[] = [];
  for (let index = 0; index < 10; index += 1) writable.write(`entry ${index}`, () => done.push(index));
  await turn();
  assert.deepEqual(done, []);
  const before = medium.drains;
  medium.unlock();
  writable.end();
  await once(writable, 'finish');
  assert.deepEqual(done, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.ok(medium.drains - before <= 3, `${medium.drains - before} syncs`);
  assert.equal(region.entryCount, 10);
  await stream.close();
});

test('a source is read no further than the buffer holds while a sync is under way', async () => {
  const { medium, stream, region } = await gated();
  medium.shut();
  let made = 0;
  const source = Readable.from(
    (function* () {
      for (; made < 1000; made += 1) yield `value ${made}`;
    })(),
    { highWaterMark: 1 },
  );
  const piped = pipeline(source, region.writable({ objectMode: true, highWaterMark: 8 }));
  assert.equal(await stateOf(piped), 'pending');
  assert.ok(made <= 12, `${made} values were made though only 8 may wait`);
  assert.ok(region.entryCount <= 1);
  medium.unlock();
  await piped;
  assert.equal(region.entryCount, 1000);
  await stream.close();
});

test("until: 'committed' does not wait, but finishes when everything is persisted", async () => {
  const { medium, stream, region } = await gated();
  medium.shut();
  const writable = region.writable({ objectMode: true, until: 'committed' });
  await new Promise((resolve) => writable.write('a', resolve));
  assert.equal(region.entryCount, 1);
  const finished = once(writable, 'finish');
  writable.end('b');
  assert.equal(await stateOf(finished), 'pending');
  medium.unlock();
  await finished;
  assert.equal(stream.persisted, stream.committed);
  await stream.close();
});

test('a full region destroys the writable with VARVE_FULL; nothing behind the chunk that did not fit is stored', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  const writable = region.writable({ objectMode: true });
  const failed = once(writable, 'error');
  writable.cork();
  for (const size of [1000, 4000, 10]) writable.write(Buffer.alloc(size));
  writable.uncork();
  const [error] = await failed;
  assert.equal(error.code, 'VARVE_FULL');
  assert.ok(writable.destroyed);
  assert.deepEqual(
    Array.from(region, (entry) => entry.size),
    [1000],
  );
  await rejects('VARVE_FULL', pipeline(Readable.from([Buffer.alloc(5000)]), region.writable()));
});

test('closing the stream ends the writable with VARVE_CLOSED', async (t) => {
  const stream = memoryStream(t);
  const writable = (await stream.allocate(4096)).writable();
  await stream.close();
  writable.write('too late');
  const [error] = await once(writable, 'error');
  assert.equal(error.code, 'VARVE_CLOSED');
});

test('a sync that fails destroys the writable', async (t) => {
  const { medium, stream, region } = await gated();
  t.after(() => stream.close().catch(() => {}));
  const writable = region.writable();
  medium.failing = new VarveError('VARVE_IO', 'the disk is full');
  writable.end('lost');
  const [error] = await once(writable, 'error');
  assert.equal(error.code, 'VARVE_IO');
  medium.failing = undefined;
});

test('a codec encodes values; what it cannot encode destroys the writable, and nothing of it is stored', async (t) => {
  const region = await memoryStream(t).allocate('64KiB');
  await pipeline(Readable.from([{ a: 1 }, 'b', 3]), region.writable({ codec: jsonCodec() }));
  assert.deepEqual(texts(region), ['{"a":1}', '"b"', '3']);
  const writable = region.writable({ codec: jsonCodec() });
  writable.write(() => {});
  const [error] = await once(writable, 'error');
  assert.equal(error.code, 'VARVE_ARGUMENT');
  assert.equal(region.entryCount, 3);
});

test('with objectMode entries of one region are copied to another', async (t) => {
  const stream = memoryStream(t);
  const [one, two] = [await stream.allocate(4096), await stream.allocate(4096)];
  for (const text of ['a', '', 'c']) one.appendSync(text);
  await pipeline(one.readable({ objectMode: true }), two.writable({ objectMode: true }));
  assert.deepEqual(texts(two), ['a', '', 'c']);
  const writable = two.writable({ objectMode: true });
  writable.write(7);
  const [error] = await once(writable, 'error');
  assert.equal(error.code, 'VARVE_ARGUMENT');
});

test('an abort destroys the writable, and what still waits is not appended', async () => {
  const { medium, stream, region } = await gated();
  medium.shut();
  const abort = new AbortController();
  const writable = region.writable({ objectMode: true, signal: abort.signal });
  for (const text of ['a', 'b', 'c']) writable.write(text);
  await turn();
  const failed = once(writable, 'error');
  abort.abort();
  const [error] = await failed;
  assert.equal(error.name, 'AbortError');
  medium.unlock();
  await stream.persist();
  assert.deepEqual(texts(region), ['a']);
  await stream.close();
});

test('options are checked', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  const wrong: object[] = [
    { codec: {} },
    { codec: null },
    { codec: jsonCodec(), objectMode: false },
    { objectMode: 1 },
    { highWaterMark: -1 },
    { highWaterMark: '1' },
    { until: 'soon' },
    { signal: {} },
  ];
  for (const options of wrong) {
    fails('VARVE_ARGUMENT', () => region.writable(options));
    fails('VARVE_ARGUMENT', () => region.writableStream(options));
  }
  fails('VARVE_ARGUMENT', () => region.writable(7 as never));
});

test('a slot that is open holds the writable up, in order', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  const slot = region.reserve(4);
  const writable = region.writable({ objectMode: true });
  writable.write('b');
  const finished: Promise<Entry[]> = once(writable, 'finish') as Promise<Entry[]>;
  writable.end('c');
  assert.equal(await stateOf(finished), 'pending');
  slot.data.fill(0x61);
  await slot.publish(1);
  await finished;
  assert.deepEqual(texts(region), ['a', 'b', 'c']);
});

test('destroying it in the middle of a group keeps the rest of the group out', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  const slot = region.reserve(4);
  const writable = region.writable({ objectMode: true });
  writable.cork();
  for (const text of ['b', 'c']) writable.write(text);
  writable.uncork();
  await turn();
  writable.destroy();
  slot.cancel();
  await region.append('d');
  await turn();
  assert.deepEqual(texts(region), ['b', 'd']);
});

onEveryMedium(
  'a shared stream takes writables, too: of several at once, each keeps its order',
  async (_t, place) => {
    const stream = await place.open();
    await stream.allocate('256KiB', { name: 'shared' });
    const other = await Stream.attach(stream.share());
    const regions = [stream.region('shared'), other.region('shared')];
    const writing = regions.map(async (region, who) => {
      assert.ok(region);
      const source = Readable.from(Array.from({ length: 200 }, (_, index) => ({ who, index })));
      await pipeline(source, region.writable({ codec: jsonCodec() }));
      assert.ok(stream.persisted >= 200);
    });
    await Promise.all(writing);
    const values = await regions[0]
      ?.readable({ codec: jsonCodec<{ who: number; index: number }>() })
      .toArray();
    for (const who of [0, 1]) {
      const mine = values?.filter((value) => value.who === who).map((value) => value.index);
      assert.deepEqual(
        mine,
        Array.from({ length: 200 }, (_, index) => index),
      );
    }
  },
);
