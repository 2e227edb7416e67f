import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoidMedium } from '../../src/media/void.js';
import { mediumConformance } from '../../src/testing/index.js';

mediumConformance({ name: 'void', test, create: (size) => new VoidMedium(size), retains: false });

test('a void medium keeps its random extents, and nothing of the others once it is flushed', () => {
  const medium = new VoidMedium('1TiB');
  const header = medium.open(0, 4096, 'random');
  header.write(0, 4096).bytes.fill(7);
  const region = medium.open(4096, 2 ** 32 - 4096, 'append');
  for (let at = 0; at < 2 ** 24; at += 2 ** 17) {
    region.write(at, 2 ** 17).bytes.fill(9);
    region.flush(at, at + 2 ** 17);
  }
  assert.ok(header.read(0, 4096, 4096).bytes.every((byte) => byte === 7));
  assert.ok(!region.read(0, 4096, 2 ** 24).bytes.includes(9));
  medium.close();
});

test('what is not flushed yet is not stored over', () => {
  const region = new VoidMedium('1GiB').open(0, 2 ** 24, 'append');
  const first = region.write(0, 200_000).bytes.fill(1);
  const second = region.write(200_000, 200_000).bytes.fill(2);
  region.write(400_000, 200_000).bytes.fill(3);
  assert.ok(first.subarray(0, 200_000).every((byte) => byte === 1));
  assert.ok(second.subarray(0, 200_000).every((byte) => byte === 2));
});
