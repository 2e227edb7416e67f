import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { addonTest, extentOf, noise, openScratch, verify, write } from './support.js';

const SIZE = 64 * 1024;

addonTest(
  'a mapping begins at exactly the offset asked for, and what is stored there is in the file',
  (addon, t) => {
    const { path, fd } = openScratch(t, SIZE);
    for (const [offset, length] of [
      [0, SIZE],
      [64, 100],
      [4096, 4096],
      [12_288 + 192, 5000],
    ] as const) {
      const { mapping, memory } = addon.map(fd, offset, length, 'shared', false);
      assert.equal(memory.byteLength, length);
      new Uint8Array(memory).set(noise(length, offset + 1));
      const file = readFileSync(path).subarray(offset, offset + length);
      assert.deepEqual(new Uint8Array(file), noise(length, offset + 1), `offset ${offset}`);
      addon.unmap(mapping);
    }
  },
);

addonTest('a private mapping follows the file until it is written to, and never writes to it', (addon, t) => {
  const { path, fd } = openScratch(t, SIZE);
  const readOnly = openSync(path, 'r');
  const writer = addon.map(fd, 0, SIZE, 'shared', false);
  const reader = addon.map(readOnly, 0, SIZE, 'private', false);
  closeSync(readOnly);
  const [written, read] = [new Uint8Array(writer.memory), new Uint8Array(reader.memory)];
  written[5000] = 7;
  assert.equal(read[5000], 7);
  read[9000] = 8;
  assert.equal(written[9000], 0);
  assert.equal(readFileSync(path)[9000], 0);
  addon.unmap(writer.mapping);
  addon.unmap(reader.mapping);
});

addonTest(
  'what lies side by side in a file takes few areas of memory, however many mappings there are',
  (addon, t) => {
    const pieces = 500;
    const { path, fd } = openScratch(t, pieces * 4096);
    const areas = () => readFileSync('/proc/self/maps', 'utf8').split(path).length - 1;
    const mappings = Array.from({ length: pieces }, (_, i) => {
      const { mapping, memory } = addon.map(fd, ((i * 7) % pieces) * 4096, 4096, 'shared', false);
      new Uint8Array(memory).fill(i & 255);
      return mapping;
    });
    assert.ok(areas() < pieces / 10, `${areas()} areas`);
    const file = readFileSync(path);
    for (let i = 0; i < pieces; i++) assert.equal(file[((i * 7) % pieces) * 4096 + 4095], i & 255);
    for (const mapping of mappings) addon.unmap(mapping);
    assert.equal(areas(), 0);
  },
);

addonTest('what cannot be mapped is an Error with code and syscall', (addon, t) => {
  const { path, fd } = openScratch(t, SIZE);
  const readOnly = openSync(path, 'r');
  t.after(() => closeSync(readOnly));
  assert.throws(() => addon.map(readOnly, 0, SIZE, 'shared', false), { code: 'EACCES', syscall: 'mmap' });
  assert.throws(() => addon.map(1_000_000, 0, SIZE, 'shared', false), { code: 'EBADF', syscall: 'mmap' });
  assert.throws(() => addon.allocate(readOnly, 0, SIZE), { code: 'EBADF', syscall: 'fallocate' });
  assert.throws(() => addon.lock(1_000_000), { code: 'EBADF', syscall: 'flock' });
  for (const [offset, length] of [
    [1, SIZE],
    [-64, SIZE],
    [0, 0],
    [0, 2 ** 32 + 1],
    [0, Number.NaN],
    [2 ** 53 - 64, 64.5],
  ] as const) {
    assert.throws(() => addon.map(fd, offset, length, 'shared', false), RangeError, `${offset} ${length}`);
  }
  assert.throws(() => addon.map(fd, 0, SIZE, 'other' as 'shared', false), TypeError);
  assert.throws(() => addon.map(fd, 0, SIZE, 'shared', 1 as unknown as boolean), TypeError);
  assert.throws(() => (addon.map as unknown as () => void)(), TypeError);
});

addonTest('MAP_SYNC is granted or refused, not ignored', (addon, t) => {
  const { fd } = openScratch(t, SIZE);
  try {
    addon.unmap(addon.map(fd, 0, SIZE, 'sync', true).mapping);
    t.diagnostic('granted here');
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EOPNOTSUPP');
  }
});

addonTest('after unmap the memory is detached and the number means nothing', (addon, t) => {
  const { fd } = openScratch(t, SIZE);
  const { mapping, memory } = addon.map(fd, 0, SIZE, 'shared', true);
  const view = new Uint8Array(memory);
  addon.unmap(mapping);
  assert.equal(view.byteLength, 0);
  assert.equal(view[0], undefined);
  const next = addon.map(fd, 0, SIZE, 'shared', true);
  assert.notEqual(next.mapping, mapping);
  const block = new Float64Array(addon.block);
  for (const wrong of [mapping, 0, -1, next.mapping + 1, 0.5, Number.NaN, 2 ** 60]) {
    block.set([wrong, 0, 0, 1]);
    assert.throws(() => addon.seal(), RangeError, `seal ${wrong}`);
    assert.throws(() => addon.flush(), RangeError, `flush ${wrong}`);
    assert.throws(() => addon.storeSealed(new Uint8Array(8)), RangeError, `storeSealed ${wrong}`);
    assert.throws(() => addon.storeStaged(), RangeError, `storeStaged ${wrong}`);
    assert.throws(() => addon.unmap(wrong), RangeError, `unmap ${wrong}`);
    assert.throws(() => addon.lost(wrong), RangeError, `lost ${wrong}`);
  }
  addon.unmap(next.mapping);
});

addonTest('a range outside of the mapping is a RangeError and touches nothing', (addon, t) => {
  const { path, fd } = openScratch(t, SIZE);
  const { mapping } = addon.map(fd, 4096, 8192, 'shared', true);
  const block = new Float64Array(addon.block);
  for (const [from, to] of [
    [0, 8200],
    [-8, 16],
    [8, 0],
    [Number.NaN, 8],
    [0, Number.POSITIVE_INFINITY],
    [2 ** 53, 2 ** 53],
  ] as const) {
    block.set([mapping, from, to, 1]);
    assert.throws(() => addon.flush(), RangeError, `flush ${from} ${to}`);
    assert.throws(() => addon.seal(), RangeError, `seal ${from} ${to}`);
  }
  for (const position of [8192 - 104, 4, -8, 8192, 2 ** 53 - 8]) {
    block.set([mapping, position, 1, 1, 0]);
    assert.throws(() => addon.storeSealed(new Uint8Array(96)), RangeError, `storeSealed at ${position}`);
  }
  const skipped = 1 << 21;
  block.set([mapping, 0, 1, 1, skipped]);
  assert.throws(() => addon.storeSealed(new Uint8Array(96)), RangeError, 'not a plain entry');
  const stage = new Uint32Array(addon.stage, 0, 5);
  for (const [position, length, high] of [
    [8192 - 104, 96, 0],
    [4, 96, 0],
    [8192, 0, 0],
    [2 ** 32 - 8, 96, 0],
    [0, 1025, 0],
    [0, 2 ** 32 - 1, 0],
    [0, 96, skipped],
  ] as const) {
    stage.set([position, length, 1, 1, high]);
    assert.throws(() => addon.storeStaged(), RangeError, `storeStaged ${length} at ${position}, ${high}`);
  }
  addon.unmap(mapping);
  assert.ok(readFileSync(path).every((byte) => byte === 0));
});

addonTest('sealing a mapping stores the same as sealing plain memory', (addon, t) => {
  const { path, fd } = openScratch(t, SIZE);
  const sizes = [0, 1, 5, 40, 48, 64, 511, 512, 513, 1000, 1023, 4096, 5000, 16_384];
  const entries = sizes.map((size, index) => ({ timestamp: index + 1, payload: noise(size, index) }));
  for (const flushesLines of [false, true]) {
    const { mapping, memory } = addon.map(fd, 0, SIZE, 'shared', flushesLines);
    const bytes = new Uint8Array(memory);
    const end = write(bytes, 0, undefined, entries);
    new Float64Array(addon.block).set([mapping, 0, end, 99]);
    addon.seal();
    addon.fence();
    const expected = new Uint8Array(end);
    write(expected, 0, 99, entries);
    assert.deepEqual(bytes.slice(0, end), expected);
    addon.unmap(mapping);
    assert.deepEqual(new Uint8Array(readFileSync(path).subarray(0, end)), expected);
  }
});

addonTest(
  'storeSealed stores whole entries of any size at any alignment, from any kind of buffer',
  (addon, t) => {
    const { fd } = openScratch(t, 1 << 20);
    const { mapping, memory } = addon.map(fd, 0, 1 << 20, 'shared', true);
    const bytes = new Uint8Array(memory);
    const block = new Float64Array(addon.block);
    const sizes = [0, 1, 40, 47, 48, 49, 63, 64, 200, 511, 512, 600, 1024, 4095, 4096, 8000, 30_000, 65_536];
    let [position, timestamp] = [0, 0];
    for (const [index, size] of [...sizes, ...sizes].entries()) {
      const shared = index >= sizes.length;
      const source = new Uint8Array(
        shared ? new SharedArrayBuffer(size + 3) : new ArrayBuffer(size + 3),
      ).subarray(3);
      source.set(noise(size, index));
      timestamp += 1;
      const extent = extentOf({ timestamp, payload: source });
      const expected = new Uint8Array(extent + 128).fill(0xee);
      expected.fill(0, 16 + size, extent);
      write(expected, 0, 77, [{ timestamp, payload: source, lag: 0 }]);
      bytes.fill(0xee, position, position + expected.byteLength);
      const fences = index % 2;
      block.set([mapping, position, 77, timestamp, 0, fences]);
      addon.storeSealed(source);
      assert.equal(block[14], 1 - fences, 'what was stored waits for a fence, unless there was one');
      addon.fence();
      assert.deepEqual(
        bytes.slice(position, position + expected.byteLength),
        expected,
        `${size} bytes at ${position}`,
      );
      position += extent;
    }
    const found = verify(addon, bytes, 77, { to: position });
    assert.deepEqual(found, { position, timestamp, entries: timestamp, certified: timestamp - 1 });
    addon.unmap(mapping);
  },
);

addonTest('storeStaged stores entries of every size that fits, each behind the one before', (addon, t) => {
  const { fd } = openScratch(t, 1 << 20);
  const { mapping, memory } = addon.map(fd, 0, 1 << 20, 'shared', true);
  const bytes = new Uint8Array(memory).fill(0xee);
  const words = new Uint32Array(addon.stage, 0, 5);
  const staged = new Uint8Array(addon.stage, 64, 1024);
  let [position, timestamp] = [0, 0];
  const order = Array.from({ length: 1025 }, (_, index) => (index * 7) % 1025);
  for (const size of order) {
    const payload = noise(size, size);
    timestamp += 1;
    const extent = extentOf({ timestamp, payload });
    const expected = new Uint8Array(extent + 64).fill(0xee);
    expected.fill(0, 16 + size, extent);
    write(expected, 0, 77, [{ timestamp, payload, lag: 0 }]);
    staged.fill(0xdd);
    staged.set(payload);
    new Float64Array(addon.block)[0] = mapping;
    words.set([position, size, 77, timestamp, 0]);
    addon.storeStaged();
    assert.deepEqual(bytes.slice(position, position + extent + 64), expected, `${size} bytes at ${position}`);
    position += extent;
  }
  const found = verify(addon, bytes, 77, { to: position });
  assert.deepEqual(found, { position, timestamp, entries: timestamp, certified: timestamp - 1 });
  addon.unmap(mapping);
});

addonTest(
  'storeSealed of a source that another thread is writing to stores a valid entry all the same',
  async (addon, t) => {
    const { fd } = openScratch(t, SIZE);
    const { mapping, memory } = addon.map(fd, 0, SIZE, 'shared', true);
    const shared = new SharedArrayBuffer(40_000);
    const scribble = `const bytes = new Uint8Array(require('node:worker_threads').workerData);
    require('node:worker_threads').parentPort.postMessage('ready');
    for (let value = 1; ; value += 1) bytes.fill(value);`;
    const worker = new Worker(scribble, { eval: true, workerData: shared });
    await once(worker, 'message');
    const block = new Float64Array(addon.block);
    let valid = 0;
    for (let round = 0; round < 10_000; round += 1) {
      block.set([mapping, 0, 5, 1, 0]);
      addon.storeSealed(new Uint8Array(shared));
      valid += verify(addon, new Uint8Array(memory), 5, { below: 2 }).entries;
    }
    await worker.terminate();
    addon.unmap(mapping);
    assert.equal(valid, 10_000);
  },
);

addonTest('empty arrays are taken, detached ones are empty', (addon, t) => {
  const { fd } = openScratch(t, SIZE);
  const { mapping, memory } = addon.map(fd, 0, SIZE, 'shared', true);
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  for (const source of [new Uint8Array(0), new Uint8Array(new SharedArrayBuffer(0)), detached]) {
    new Float64Array(addon.block).set([mapping, 0, 5, 1, 0]);
    addon.storeSealed(source);
    assert.equal(verify(addon, new Uint8Array(memory), 5, { below: 2 }).position, 16);
    assert.equal(addon.crc32c(9, source), 9);
  }
  addon.unmap(mapping);
});

addonTest('only one descriptor has the lock', (addon, t) => {
  const { path, fd } = openScratch(t, 0);
  const other = openSync(path, 'r');
  t.after(() => closeSync(other));
  assert.equal(addon.lock(fd), true);
  assert.equal(addon.lock(fd), true, 'its own lock is no obstacle');
  assert.equal(addon.lock(other), false);
  closeSync(openSync(path, 'r'));
  assert.equal(addon.lock(other), false, 'closing another descriptor frees nothing');
  const { fd: free } = openScratch(t, 0);
  assert.equal(addon.lock(free), true, 'another file is another lock');
});

addonTest('a lock is gone with its descriptor', (addon, t) => {
  const { path, fd } = openScratch(t, 0);
  const owner = openSync(path, 'r+');
  assert.equal(addon.lock(owner), true);
  assert.equal(addon.lock(fd), false);
  closeSync(owner);
  assert.equal(addon.lock(fd), true);
});

addonTest('allocating changes nothing but the blocks', (addon, t) => {
  const { path, fd } = openScratch(t, SIZE);
  writeFileSync(fd, 'kept');
  try {
    addon.allocate(fd, 0, SIZE);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EOPNOTSUPP');
    t.skip('the file system does not allocate');
    return;
  }
  assert.equal(statSync(path).size, SIZE);
  assert.ok(statSync(path).blocks * 512 >= SIZE);
  assert.equal(readFileSync(path, 'latin1').slice(0, 6), 'kept\0\0');
});

addonTest('beginning to write changes nothing, and fails where nothing is written in ranges', (addon, t) => {
  const { path, fd } = openScratch(t, SIZE);
  writeFileSync(fd, 'kept');
  addon.begin(fd, 0, SIZE);
  assert.equal(readFileSync(path, 'latin1').slice(0, 6), 'kept\0\0');
  assert.throws(() => addon.begin(1_000_000, 0, SIZE), { code: 'EBADF', syscall: 'sync_file_range' });
});

/** Mappings in the kernel's table, and kilobytes of address space. */
function footprint(): { readonly maps: number; readonly kilobytes: number } {
  const status = /VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'));
  return {
    maps: readFileSync('/proc/self/maps', 'latin1').split('\n').length,
    kilobytes: Number(status?.[1]),
  };
}

addonTest('mapping and unmapping for a long time leaves nothing behind', async (addon, t) => {
  const { fd } = openScratch(t, SIZE);
  const cycle = async (count: number) => {
    for (let index = 1; index <= count; index += 1) {
      const { mapping, memory } = addon.map(fd, 0, SIZE, 'shared', false);
      new Uint8Array(memory)[index % SIZE] = 1;
      addon.unmap(mapping);
      if (index % 500 === 0) await turn();
    }
    for (let index = 0; index < 5; index += 1) await turn();
  };
  await cycle(2000);
  const before = footprint();
  await cycle(100_000);
  const after = footprint();
  assert.ok(after.maps - before.maps < 200, `${before.maps} mappings before, ${after.maps} after`);
  const grown = after.kilobytes - before.kilobytes;
  assert.ok(grown < 1_000_000, `the address space grew by ${grown} KiB, 6.4 million were mapped`);
});
