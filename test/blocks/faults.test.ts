import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockStream, EndlessStream } from '../../src/blocks/index.js';
import { pattern, turn } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { FickleAllocator, FickleBlocks } from './blocks.js';

const OPTIONS = { blockCount: 6, blockShift: 7 };

const all = (stream: Iterable<{ data: Uint8Array }>) =>
  Buffer.concat(Array.from(stream, ({ data }) => data)).toString();

test('what a sync has acknowledged lies on blocks that were synced, all of them', async () => {
  const allocator = new FickleAllocator();
  const stream = await EndlessStream.load(allocator, OPTIONS);
  for (const [i, size] of [10, 700, 64, 1500, 1].entries()) {
    stream.append(pattern(size, i));
    if (i % 2 === 0) await stream.sync();
    else stream.syncSync();
    assert.deepEqual(
      allocator.all.flatMap(({ doubtful }) => doubtful),
      [],
    );
  }
  await stream.close();
  assert.deepEqual(
    allocator.all.flatMap(({ doubtful }) => doubtful),
    [],
  );
});

test('no block that was synced is stored to again', async () => {
  const blocks = new FickleBlocks(40, 7);
  const stream = await BlockStream.create(blocks);
  for (let i = 0; i < 12; i++) {
    stream.append(pattern(1 + 17 * i, i));
    await stream.sync();
  }
  await stream.close();
  const again = await BlockStream.load(blocks);
  again.append('more');
  await again.close();
  assert.equal(new Set(blocks.stores).size, blocks.stores.length);
});

test('a sync that fails poisons: nothing is acknowledged any more, and what was is still read', async () => {
  const blocks = new FickleBlocks(20, 7);
  const stream = await BlockStream.create(blocks);
  stream.append('kept');
  await stream.sync();
  stream.append('lost');
  blocks.failing = 'sync';
  await assert.rejects(stream.sync(), /no sync today/);
  blocks.failing = undefined;
  await rejects('VARVE_POISONED', stream.sync());
  fails('VARVE_POISONED', () => stream.syncSync());
  fails('VARVE_POISONED', () => stream.append('x'));
  assert.equal(all(stream), 'kept');
  await rejects('VARVE_POISONED', stream.close());
  assert.equal(stream.closed, true);
  await stream.close();
});

test('after a failed sync, loading makes durable what it shows', async () => {
  const blocks = new FickleBlocks(20, 7);
  const stream = await BlockStream.create(blocks);
  stream.append('in doubt');
  blocks.failing = 'sync';
  await assert.rejects(stream.sync(), /no sync today/);
  blocks.failing = undefined;
  const again = await BlockStream.load(blocks);
  assert.equal(all(again), 'in doubt');
  again.append(', and more');
  await again.sync();
  blocks.crash();
  assert.equal(all(await BlockStream.load(blocks)), 'in doubt, and more');
});

test('a store that fails loses nothing: the next sync tries again', async () => {
  const blocks = new FickleBlocks(20, 7);
  const stream = await BlockStream.create(blocks);
  stream.append(pattern(300, 1));
  blocks.failing = 'store';
  await assert.rejects(stream.sync(), /no store today/);
  assert.equal(stream.synced, 0);
  blocks.failing = undefined;
  stream.append(pattern(300, 2));
  await stream.sync();
  assert.deepEqual(stream.read(0, 600), new Uint8Array(Buffer.concat([pattern(300, 1), pattern(300, 2)])));
});

test('where there is no more to be had, an append is refused and nothing has changed', async () => {
  const allocator = new FickleAllocator();
  const stream = await EndlessStream.load(allocator, OPTIONS);
  stream.append('x');
  allocator.failing = true;
  assert.throws(() => stream.append(pattern(5000, 1)), /no more today/);
  assert.equal(stream.end, 1);
  stream.append('y');
  await stream.sync();
  assert.equal(all(stream), 'xy');
  stream.advance(2);
  await stream.sync();
  stream.advance(2);
  await stream.close();
});

test('what is appended while a sync is under way waits for the next one', async () => {
  const stream = await EndlessStream.load(new FickleAllocator(), OPTIONS);
  await stream.grow();
  await turn();
  stream.append('first');
  const first = stream.sync();
  stream.append(', second');
  const second = stream.sync();
  await first;
  assert.equal(stream.synced, 5);
  assert.equal(all(stream), 'first');
  await second;
  assert.equal(all(stream), 'first, second');
  stream.append(', third');
  const third = stream.sync();
  stream.append(', fourth');
  stream.syncSync();
  assert.equal(all(stream), 'first, second, third, fourth');
  await third;
  await stream.close();
});

test('growing, appending and syncing at the same time keep their order', async () => {
  const allocator = new FickleAllocator();
  const stream = await EndlessStream.load(allocator, OPTIONS);
  const grown = [stream.grow(), stream.grow()];
  stream.append(pattern(2000, 1));
  await Promise.all([...grown, stream.sync(), stream.grow()]);
  stream.append(pattern(1000, 2));
  await stream.close();
  const again = await EndlessStream.load(allocator, OPTIONS);
  assert.deepEqual(again.read(0, 2000), pattern(2000, 1));
  assert.deepEqual(again.read(2000, 3000), pattern(1000, 2));
});

test('a large append is not held in memory, also where the stream grows for it', async () => {
  const allocator = new FickleAllocator();
  const stream = await EndlessStream.load(allocator, { blockCount: 100, blockShift: 12 });
  stream.append(pattern(2 ** 22, 1));
  const stored = allocator.all.reduce((sum, { stores }) => sum + stores.length, 0);
  assert.ok(stored > 750, `${stored} of ${stream.statistics().blocksUsed} blocks`);
  assert.deepEqual([...stream], []);
  for (const blocks of allocator.all) blocks.crash();
  const again = await EndlessStream.load(allocator);
  assert.equal(again.end, 0);
  await again.verify();
});

test('what is appended in masses is stored early, but never beside a sync that is under way', async () => {
  const blocks = new FickleBlocks(1500, 12);
  const stream = await BlockStream.create(blocks);
  stream.append('first');
  const syncing = stream.sync();
  stream.append(pattern(2 ** 21, 1));
  assert.equal(blocks.stores.length, 2);
  await syncing;
  stream.append(pattern(2 ** 20, 2));
  assert.ok(blocks.stores.length > 700);
  assert.equal(all(stream), 'first');
  await stream.sync();
  blocks.crash();
  const again = await BlockStream.load(blocks);
  assert.deepEqual(again.read(5, 5 + 2 ** 21), pattern(2 ** 21, 1));
  assert.deepEqual(again.read(5 + 2 ** 21, again.end), pattern(2 ** 20, 2));
});
