import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Medium } from '../../src/media/medium.js';
import { MemoryMedium } from '../../src/media/memory.js';
import { mediumConformance } from '../../src/testing/index.js';

mediumConformance({
  name: 'memory',
  test,
  create: (size) => new MemoryMedium(size),
  reopen: (closed) => closed,
});

test('a memory medium has one writer at a time', () => {
  const medium = new MemoryMedium('1MiB');
  medium.lock();
  assert.throws(() => medium.lock(), { name: 'VarveError', code: 'VARVE_LOCKED' });
  medium.close();
  medium.lock();
});

test('a memory medium takes sizes as numbers and as text, and nothing else', () => {
  assert.equal(new MemoryMedium('1MiB').size, 2 ** 20);
  assert.equal(new MemoryMedium(4096).size, 4096);
  for (const size of [-1, 1.5, Number.NaN, 2 ** 53]) {
    assert.throws(() => new MemoryMedium(size), { name: 'RangeError', code: 'VARVE_ARGUMENT' });
  }
  assert.throws(() => new MemoryMedium('large'), { name: 'TypeError', code: 'VARVE_ARGUMENT' });
});

test('a memory medium larger than the memory takes only what is in use', () => {
  const medium: Medium = new MemoryMedium('8TiB');
  medium
    .open(2 ** 42, 4096, 'append')
    .write(0, 64)
    .bytes.fill(7);
  medium.open(0, 2 ** 40, 'append');
  medium.close();
});

test('what is too large for the memory is an error when it is first needed', () => {
  const medium: Medium = new MemoryMedium(2 ** 52);
  const extent = medium.open(0, 2 ** 51, 'append');
  assert.throws(() => extent.write(0, 64), { code: 'VARVE_IO' });
});
