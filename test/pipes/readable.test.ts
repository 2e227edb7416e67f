import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { Entry, jsonCodec, type Region } from '../../src/index.js';
import { pattern, turn } from '../helpers/bytes.js';
import { fails } from '../helpers/errors.js';
import { memoryStream, onEveryMedium, temporaryDirectory } from '../helpers/media.js';

/** The region, and how many entries have been taken from it. */
function counted(region: Region): { region: Region; taken: () => number } {
  let taken = 0;
  const entries = region.entries.bind(region);
  region.entries = function* (options) {
    for (const entry of entries(options)) {
      taken += 1;
      yield entry;
    }
  };
  return { region, taken: () => taken };
}

onEveryMedium('a region streams into a file, byte for byte, however large an entry is', async (t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('512KiB');
  const parts = [
    pattern(10, 1),
    new Uint8Array(0),
    pattern(200_000, 2),
    pattern(65_536, 3),
    new Uint8Array(0),
  ];
  for (const part of parts) region.appendSync(part);
  const path = join(temporaryDirectory(t), 'sink');
  await pipeline(region.readable(), createWriteStream(path));
  assert.deepEqual(readFileSync(path), Buffer.concat(parts));
});

test('a large entry is copied piece by piece, as it is asked for', async (t) => {
  const region = await memoryStream(t).allocate('512KiB');
  region.appendSync(pattern(300_000, 1));
  const readable = region.readable({ highWaterMark: 1000 });
  readable.read(0);
  await turn();
  assert.equal(readable.readableLength, 65_536);
});

test('with objectMode chunks are entries; options of entries are taken', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  for (const text of ['a', 'b', 'c']) region.appendSync(text);
  const seen = await region.readable({ objectMode: true, from: 2, reverse: true }).toArray();
  assert.ok(seen.every((entry) => entry instanceof Entry));
  assert.deepEqual(
    seen.map((entry) => entry.text()),
    ['b', 'a'],
  );
});

test('a codec decodes; what it cannot decode destroys the readable with VARVE_MISMATCH', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  for (const text of ['{"a":1}', '[2]', 'oops']) region.appendSync(text);
  const seen: unknown[] = [];
  const reading = async () => {
    for await (const value of region.readable({ codec: jsonCodec(), highWaterMark: 1 })) seen.push(value);
  };
  await assert.rejects(reading, { code: 'VARVE_MISMATCH', message: /entry 3 as json/ });
  assert.deepEqual(seen, [{ a: 1 }, [2]]);
});

test('a codec may destroy the stream that it decodes for', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  for (const text of ['1', '2']) region.appendSync(text);
  const codec = {
    ...jsonCodec(),
    decode: () => {
      readable.destroy(new Error('enough'));
      return 1;
    },
  };
  const readable = region.readable({ codec });
  await assert.rejects(readable.toArray(), /enough/);
});

test('a value null cannot pass through node:stream, and says so', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  region.appendSync('null');
  const readable = region.readable({ codec: jsonCodec() });
  await assert.rejects(readable.toArray(), { code: 'VARVE_ARGUMENT' });
});

test('entries are read only as they are asked for', async (t) => {
  const { region, taken } = counted(await memoryStream(t).allocate('64KiB'));
  for (let index = 0; index < 1000; index += 1) region.appendSync('x', { until: 'committed' });
  let pass = () => {};
  let written = 0;
  const slow = new Writable({
    objectMode: true,
    highWaterMark: 4,
    write(_chunk, _encoding, callback) {
      written += 1;
      pass = callback;
    },
  });
  const readable = region.readable({ objectMode: true, highWaterMark: 8 });
  await turn();
  assert.equal(taken(), 0);
  readable.pipe(slow);
  for (let step = 0; step < 50; step += 1) {
    await turn();
    assert.ok(taken() <= written + 4 + 8, `${taken()} entries were read when ${written} were written`);
    pass();
  }
  assert.ok(written >= 50);
  readable.destroy();
});

test('live goes on with what is appended later; destroying it ends the wait', async (t) => {
  const region = await memoryStream(t).allocate('64KiB');
  region.appendSync('1');
  const readable = region.readable({ live: true, codec: jsonCodec() });
  const seen: unknown[] = [];
  for await (const value of readable) {
    seen.push(value);
    if (seen.length === 3) break;
    await turn();
    region.appendSync(String(seen.length + 1));
  }
  assert.deepEqual(seen, [1, 2, 3]);
  assert.ok(readable.destroyed);
});

test('destroying a live readable, or cancelling a stream of the web, ends its wait', async (t) => {
  const region = await memoryStream(t).allocate('64KiB');
  const ended: string[] = [];
  const tail = region.tail.bind(region);
  region.tail = async function* (options) {
    yield* tail(options);
    ended.push('quietly');
  };
  const readable = region.readable({ live: true }).resume();
  const reader = region.readableStream({ live: true }).getReader();
  reader.read();
  await turn();
  readable.destroy();
  await turn();
  assert.deepEqual(ended, ['quietly']);
  await reader.cancel();
  await turn();
  assert.deepEqual(ended, ['quietly', 'quietly']);
});

test('a live readable takes no more entries than its buffer holds', async (t) => {
  const region = await memoryStream(t).allocate('64KiB');
  for (let index = 0; index < 100; index += 1) region.appendSync('x', { until: 'committed' });
  const readable = region.readable({ live: true, objectMode: true, highWaterMark: 3 });
  readable.read(0);
  for (let index = 0; index < 20; index += 1) await turn();
  assert.equal(readable.readableLength, 3);
  readable.destroy();
});

test('an abort destroys the readable with an AbortError, also in the middle of a wait', async (t) => {
  const region = await memoryStream(t).allocate('64KiB');
  const abort = new AbortController();
  const readable = region.readable({ live: true, signal: abort.signal });
  readable.resume();
  await turn();
  abort.abort();
  const [error] = await once(readable, 'error');
  assert.equal(error.name, 'AbortError');
});

test('closing the stream destroys readables with VARVE_CLOSED; freeing the region with VARVE_REGION_FREED', async (t) => {
  const stream = memoryStream(t);
  const [one, two] = [await stream.allocate(4096), await stream.allocate(4096)];
  const waiting = once(one.readable({ live: true }).resume(), 'error');
  two.appendSync('a');
  const started = two.readable({ objectMode: true, highWaterMark: 0 });
  started.read(0);
  await turn();
  await two.free();
  const [freed] = await once(started.resume(), 'error');
  assert.equal(freed.code, 'VARVE_REGION_FREED');
  await stream.close();
  const [closed] = await waiting;
  assert.equal(closed.code, 'VARVE_CLOSED');
  fails('VARVE_CLOSED', () => one.readable());
});

test('chunks are copies: they outlive the region', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  region.appendSync('sand and silt');
  const [chunk] = await region.readable().toArray();
  await region.clear();
  region.appendSync('something else');
  assert.equal(String(chunk), 'sand and silt');
});

test('Readable.toWeb takes it', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  for (const text of ['a', 'b']) region.appendSync(text);
  const seen: unknown[] = [];
  for await (const chunk of Readable.toWeb(region.readable()))
    seen.push(String(Buffer.from(chunk as Uint8Array)));
  assert.equal(seen.join(''), 'ab');
});

test('options are checked', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  const wrong: object[] = [
    { live: 1 },
    { live: true, reverse: true },
    { live: true, until: 'persisted' },
    { from: -1 },
    { codec: { name: 'half', encode: () => '' } },
    { codec: jsonCodec(), objectMode: false },
    { highWaterMark: Number.NaN },
  ];
  for (const options of wrong) {
    fails('VARVE_ARGUMENT', () => region.readable(options));
    fails('VARVE_ARGUMENT', () => region.readableStream(options));
  }
});
