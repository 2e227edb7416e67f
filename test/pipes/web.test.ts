import assert from 'node:assert/strict';
import { ReadableStream } from 'node:stream/web';
import { test } from 'node:test';
import { Entry, jsonCodec, Stream } from '../../src/index.js';
import { pattern, stateOf, texts, turn } from '../helpers/bytes.js';
import { rejects } from '../helpers/errors.js';
import { memoryStream } from '../helpers/media.js';
import { GatedMedium } from './gated.js';

async function all<T>(stream: ReadableStream<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const value of stream) seen.push(value);
  return seen;
}

test('bytes out of one region and into another, through pipeTo', async (t) => {
  const stream = memoryStream(t);
  const [one, two] = [await stream.allocate('256KiB'), await stream.allocate('256KiB')];
  const parts = [pattern(70_000, 1), new Uint8Array(0), pattern(5, 2)];
  for (const part of parts) one.appendSync(part);
  await one.readableStream().pipeTo(two.writableStream());
  assert.deepEqual(Buffer.concat(Array.from(two, (entry) => entry.copy())), Buffer.concat(parts));
});

test('a reader that brings its own buffer is served, also at the end', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  region.appendSync('sand');
  const reader = region.readableStream().getReader({ mode: 'byob' });
  const first = await reader.read(new Uint8Array(3));
  assert.deepEqual([first.done, String(Buffer.from(first.value ?? []))], [false, 'san']);
  const second = await reader.read(new Uint8Array(3));
  assert.deepEqual([second.done, String(Buffer.from(second.value ?? []))], [false, 'd']);
  assert.equal((await reader.read(new Uint8Array(3))).done, true);
});

test('values through a codec, null among them, and entries', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  const source = new ReadableStream({
    start(controller) {
      for (const value of [1, null, { a: [] }]) controller.enqueue(value);
      controller.close();
    },
  });
  await source.pipeTo(region.writableStream({ codec: jsonCodec() }));
  assert.deepEqual(await all(region.readableStream({ codec: jsonCodec() })), [1, null, { a: [] }]);
  const entries = await all(region.readableStream({ objectMode: true, from: 3 }));
  assert.ok(entries[0] instanceof Entry);
  assert.equal(entries.length, 1);
});

test('no more is pulled than was asked for', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  for (let index = 0; index < 10; index += 1) region.appendSync(String(index));
  let decoded = 0;
  const codec = { ...jsonCodec(), decode: () => ++decoded };
  const reader = region.readableStream({ codec, highWaterMark: 2 }).getReader();
  await turn();
  assert.equal(decoded, 2);
  await reader.read();
  await turn();
  assert.equal(decoded, 3);
});

test('a write resolves once it is persisted, and ready holds the next ones back', async () => {
  const medium = new GatedMedium();
  const stream = await Stream.open(medium);
  const region = await stream.allocate('64KiB');
  medium.shut();
  const writer = region.writableStream({ highWaterMark: 5 }).getWriter();
  assert.equal(writer.desiredSize, 5);
  const written = writer.write('grüße');
  assert.equal(writer.desiredSize, -2);
  assert.equal(await stateOf(written), 'pending');
  assert.equal(await stateOf(writer.ready), 'pending');
  medium.unlock();
  await written;
  await writer.ready;
  medium.shut();
  await writer.close(); // needs no sync: all is persisted
  medium.unlock();
  await stream.close();
});

test("until: 'committed': writes do not wait, closing does", async () => {
  const medium = new GatedMedium();
  const stream = await Stream.open(medium);
  const region = await stream.allocate('64KiB');
  medium.shut();
  const writer = region.writableStream({ until: 'committed' }).getWriter();
  await writer.write('a');
  await writer.write('b');
  const closed = writer.close();
  assert.equal(await stateOf(closed), 'pending');
  medium.unlock();
  await closed;
  assert.equal(stream.persisted, 2);
  await stream.close();
});

test('a full region errors the stream', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  const writer = region.writableStream().getWriter();
  writer.closed.catch(() => {});
  await rejects('VARVE_FULL', writer.write(new Uint8Array(5000)));
  await rejects('VARVE_FULL', writer.closed);
  const other = region.writableStream().getWriter();
  other.closed.catch(() => {});
  await rejects('VARVE_ARGUMENT', other.write(7 as never));
});

test('cancelling ends a live stream, in the middle of a wait, too', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  const reader = region.readableStream({ live: true, codec: jsonCodec() }).getReader();
  const first = reader.read();
  await turn();
  region.appendSync('1');
  assert.deepEqual(await first, { done: false, value: 1 });
  const second = reader.read();
  await turn();
  await reader.cancel();
  assert.equal((await second).done, true);
  region.appendSync('2');
  await turn();
});

test('a signal errors both directions with its reason', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  for (const early of [true, false]) {
    const abort = new AbortController();
    const reason = new Error('enough');
    if (early) abort.abort(reason);
    const reader = region.readableStream({ live: true, signal: abort.signal }).getReader();
    const writer = region.writableStream({ signal: abort.signal }).getWriter();
    const ends = [assert.rejects(reader.read(), reason), assert.rejects(writer.closed, reason)];
    await turn();
    abort.abort(reason);
    await Promise.all(ends);
    await assert.rejects(writer.write('late'), reason);
  }
  assert.deepEqual(texts(region), []);
});

test('a stream that has come to its end, in any way, leaves the signal alone', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  region.appendSync('oops');
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (type: string, listener: never) => {
    listeners.add(listener);
    addEventListener.call(signal, type, listener);
  };
  signal.removeEventListener = (type: string, listener: never) => {
    listeners.delete(listener);
    removeEventListener.call(signal, type, listener);
  };
  await all(region.readableStream({ signal }));
  await rejects('VARVE_MISMATCH', all(region.readableStream({ codec: jsonCodec(), signal })));
  const cancelled = region.readableStream({ live: true, signal });
  await cancelled.cancel();
  await region.writableStream({ signal }).close();
  await region.writableStream({ signal }).abort();
  const full = region.writableStream({ signal }).getWriter();
  full.closed.catch(() => {});
  await rejects('VARVE_FULL', full.write(new Uint8Array(5000)));
  assert.equal(listeners.size, 0);
});

test('reading errors the stream: the region was freed', async (t) => {
  const region = await memoryStream(t).allocate(4096);
  region.appendSync('a');
  const reader = region.readableStream().getReader();
  await region.free();
  await rejects('VARVE_REGION_FREED', reader.read());
});
