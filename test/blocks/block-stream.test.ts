import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BlockStream, type Blocks, MediumBlocks, MemoryBlocks, Void } from '../../src/blocks/index.js';
import { MemoryMedium, Stream } from '../../src/index.js';
import { pattern, turn } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { directory } from './allocators.js';
import { History } from './history.js';

/** A block stream of 16 blocks of 128 bytes on blocks of each kind. */
function* grounds(): Generator<{ blocks: Blocks; remove: () => void }> {
  yield { blocks: new MemoryBlocks(16, 7), remove: () => {} };
  for (const kind of ['auto', 'file'] as const) {
    const { path, remove } = directory();
    const blocks = MediumBlocks.open(`${path}/blocks`, { blockCount: 16, blockShift: 7, medium: kind });
    yield { blocks, remove };
  }
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

test('what was appended is read once it was synced, at positions that go on', async () => {
  for (const { blocks, remove } of grounds()) {
    const stream = await BlockStream.create(blocks, 1000);
    assert.equal(stream.append('one', Buffer.from(', two'), new Uint8Array([10]).buffer), 1000);
    assert.deepEqual([...stream], []);
    assert.deepEqual([stream.offset, stream.synced, stream.end, stream.length], [1000, 1000, 1009, 9]);
    await stream.sync();
    assert.equal(stream.append('three'), 1009);
    assert.equal(text(stream.read(1000, 1009)), 'one, two\n');
    stream.syncSync();
    assert.deepEqual(
      Array.from(stream.chunks(1004), ({ position, end, data }) => [position, end, text(data)]),
      [
        [1004, 1009, ' two\n'],
        [1009, 1014, 'three'],
      ],
    );
    await stream.close();
    remove();
  }
});

test('it takes as much as it says, and not a byte more', () => {
  for (const { blocks, remove } of grounds()) {
    const stream = BlockStream.createSync(blocks);
    const history = new History();
    assert.equal(stream.available, stream.capacity);
    stream.append(history.next(100));
    stream.syncSync();
    assert.equal(stream.available, stream.capacity - 128);
    fails('VARVE_FULL', () => stream.append('x', new Uint8Array(stream.available)));
    assert.equal(stream.end, 100);
    stream.append(history.next(stream.available));
    assert.equal(stream.available, 0);
    fails('VARVE_FULL', () => stream.append('x'));
    assert.equal(stream.append(), stream.end);
    assert.equal(stream.append(''), stream.end);
    stream.syncSync();
    stream.verifySync();
    history.assertReads(stream);
    stream.closeSync();
    remove();
  }
});

test('it comes back as it was synced, again and again, until it is made anew', async () => {
  const blocks = new MemoryBlocks(32, 7);
  await rejects('VARVE_NOT_A_STREAM', BlockStream.load(blocks));
  await BlockStream.initialize(blocks, 7);
  const history = new History(7);
  for (let i = 0; i < 6; i++) {
    const stream = i % 2 === 0 ? await BlockStream.load(blocks) : BlockStream.loadSync(blocks);
    assert.deepEqual([stream.offset, stream.end], [7, history.end]);
    stream.append(history.next(100));
    history.synced = history.end;
    if (i % 3 === 0) stream.closeSync();
    else await stream.close();
  }
  const stream = await BlockStream.load(blocks);
  history.assertReads(stream);
  await stream.verify();
  BlockStream.initializeSync(blocks);
  assert.equal(BlockStream.loadSync(blocks).end, 0);
});

test('the range of a sync holds its appends as a whole, and a sorted stream is searched by it', () => {
  const stream = BlockStream.createSync(new MemoryBlocks(300, 7));
  const ends = [0];
  for (let key = 0; key < 100; key++) {
    const record = Buffer.alloc(8 + ((key * 37) % 150), key);
    record.writeDoubleLE(key * 10);
    stream.append(record);
    if (key % 3 !== 2) continue;
    stream.syncSync();
    ends.push(stream.end);
  }
  stream.append('not synced');
  for (let i = 1; i < ends.length; i++) {
    const [from = 0, to = 0] = [ends[i - 1], ends[i]];
    for (const at of [from, Math.floor((from + to) / 2), to - 1])
      assert.deepEqual(stream.dataRangeFor(at), { from, to });
  }
  fails('VARVE_ARGUMENT', () => stream.dataRangeFor(stream.synced));
  const keyAt = (at: number) => Buffer.from(stream.read(at, at + 8)).readDoubleLE();
  for (let key = 0; key < 33; key++) {
    let asked = 0;
    const range = stream.search(({ from }) => {
      asked++;
      return keyAt(from) - key * 30;
    });
    assert.equal(range?.from, ends[key]);
    assert.ok(asked <= 12, `${asked} ranges`);
  }
  assert.equal(
    stream.search(({ from }) => keyAt(from) - 5),
    undefined,
  );
});

test('a follower is told of everything that is synced, and ends when it is told to', async () => {
  const stream = await BlockStream.create(new MemoryBlocks(64, 7));
  const abort = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const { data } of stream.tail({ signal: abort.signal })) seen.push(text(data));
  })();
  stream.append('a');
  await stream.sync();
  stream.append('b');
  await turn();
  assert.deepEqual(seen, ['a']);
  stream.syncSync();
  await turn();
  assert.deepEqual(seen, ['a', 'b']);
  abort.abort();
  await following;
  const resumed = stream.tail({ from: 1 });
  assert.equal(text((await resumed.next()).value?.data ?? new Uint8Array()), 'b');
  const next = resumed.next();
  await stream.close();
  await rejects('VARVE_CLOSED', next);
});

test('a closed stream is closed, and wrong arguments change nothing', async () => {
  const stream = await BlockStream.create(new MemoryBlocks(16, 7));
  for (const wrong of [null, undefined, 5, {}, [1]])
    fails('VARVE_ARGUMENT', () => stream.append('x', wrong as never));
  for (const wrong of [-1, 1.5, Number.NaN, 2 ** 53, '0', 1n]) {
    fails('VARVE_ARGUMENT', () => [...stream.chunks(wrong as number)]);
    fails('VARVE_ARGUMENT', () => stream.read(0, wrong as number));
    fails('VARVE_ARGUMENT', () => stream.dataRangeFor(wrong as number));
    fails('VARVE_ARGUMENT', () => new MemoryBlocks(wrong as number, 7));
    fails('VARVE_ARGUMENT', () => new Void(16, wrong as number));
    await rejects('VARVE_ARGUMENT', BlockStream.create(new MemoryBlocks(16, 7), wrong as number));
  }
  assert.equal(stream.end, 0);
  {
    await using used = stream;
    used.append('x');
  }
  assert.equal(stream.closed, true);
  fails('VARVE_CLOSED', () => stream.append('x'));
  fails('VARVE_CLOSED', () => [...stream]);
  await rejects('VARVE_CLOSED', stream.sync());
  await rejects('VARVE_CLOSED', stream.verify());
  await stream.close();
});

test('blocks are a file, or any medium that nobody else has', async () => {
  const { path, remove } = directory();
  const file = `${path}/blocks`;
  fails('VARVE_NOT_FOUND', () => MediumBlocks.open(file, { blockShift: 9 }));
  const stream = await BlockStream.create(MediumBlocks.open(file, { blockShift: 9, blockCount: 64 }));
  fails('VARVE_LOCKED', () => MediumBlocks.open(file, { blockShift: 9 }));
  stream.append('kept');
  await stream.close();
  const again = await BlockStream.load(MediumBlocks.open(file, { blockShift: 9 }));
  assert.equal(text(again.read(0, 4)), 'kept');
  await again.close();
  fails('VARVE_ARGUMENT', () => MediumBlocks.open(file, { blockShift: 9, blockCount: 65 }));
  fails('VARVE_MISMATCH', () => BlockStream.loadSync(MediumBlocks.open(file, { blockShift: 8 })));
  remove();
  const medium = new MemoryMedium('64KiB');
  const other = await Stream.open(medium);
  fails('VARVE_LOCKED', () => new MediumBlocks(medium, 16, 9));
  await other.close();
  const blocks = new MediumBlocks(medium, 16, 9);
  await rejects('VARVE_LOCKED', Stream.open(medium));
  blocks.close();
});

test('blocks that keep nothing count, and cannot be read', async () => {
  const stream = await BlockStream.create(new Void(16, 7));
  stream.append('gone');
  await stream.sync();
  assert.equal(stream.synced, 4);
  fails('VARVE_NOT_FOUND', () => [...stream]);
  await stream.verify();
  await stream.close();
});

test('memory stays bounded: neither all that is appended is held, nor all that is read', () => {
  const { path, remove } = directory();
  const size = 34 * 2 ** 20;
  const options = { blockCount: size / 4096, blockShift: 12, medium: 'file' } as const;
  const stream = BlockStream.createSync(MediumBlocks.open(`${path}/blocks`, options));
  const piece = pattern(2 ** 20, 1);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const look = () => {
    collectGarbage();
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  };
  for (let i = 0; i < 32; i++) {
    stream.append(piece);
    look();
  }
  stream.syncSync();
  let read = 0;
  for (const { data } of stream) {
    read += data.length;
    if (read % 2 ** 20 < data.length) look();
  }
  assert.equal(read, stream.end);
  assert.ok(most < 20 * 2 ** 20, `${most} bytes`);
  stream.closeSync();
  remove();
});
