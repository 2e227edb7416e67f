import assert from 'node:assert/strict';
import fs, { readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  encodePosition,
  fileNameOf,
  newestSlot,
  POSITION,
  type Position,
} from '../../src/format/position.js';
import { Stream } from '../../src/index.js';
import { PositionFile, readPosition } from '../../src/stream/position-file.js';
import { temporaryDirectory } from '../helpers/media.js';
import { refused } from './reading.js';

const uuid = Uint8Array.from({ length: 16 }, (_, i) => i);
const OWNER = { log: 'orders', consumer: 'billing', uuid };

function said(revision: number, position = revision * 10): Position {
  return { log: 'orders', consumer: 'billing', revision, position, protect: false };
}

/** A file that took positions with the revisions from 1 on. */
function fileWith(revisions: number): Uint8Array {
  const file = new Uint8Array(POSITION.end);
  for (let revision = 1; revision <= revisions; revision++) {
    file.set(encodePosition(said(revision), uuid), POSITION.offsets[revision % 2]);
  }
  return file;
}

test('a position reads back as it was, of its stream only', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  const number = fc.nat(2 ** 31).map((n) => n * 2 ** 21);
  fc.assert(
    fc.property(name, name, number, number, fc.boolean(), (log, consumer, revision, position, protect) => {
      const at = { log, consumer, revision, position, protect };
      const file = new Uint8Array(POSITION.end);
      file.set(encodePosition(at, uuid), POSITION.offsets[1]);
      assert.deepEqual(newestSlot(file, uuid), { index: 1, said: at });
      assert.equal(newestSlot(file, uuid.with(3, 99)), undefined);
    }),
  );
});

test('a write that is cut short anywhere, or torn, leaves the position before it', () => {
  const before = fileWith(6);
  const after = fileWith(7);
  const at = POSITION.offsets[1];
  for (let cut = 0; cut <= POSITION.size; cut++) {
    const prefix = before.slice();
    prefix.set(after.subarray(at, at + cut), at);
    const suffix = before.slice();
    suffix.set(after.subarray(at + cut, at + POSITION.size), at + cut);
    for (const file of [prefix, suffix]) {
      const whole = Buffer.compare(file, after) === 0;
      assert.equal(newestSlot(file, uuid)?.said.revision, whole ? 7 : 6);
    }
  }
});

test('bytes of any kind are a position or nothing', () => {
  const file = fileWith(7);
  for (let i = 0; i < file.length; i++) {
    const harmed = newestSlot(file.with(i, (file[i] ?? 0) ^ 0x41), uuid)?.said;
    assert.ok(harmed?.revision === 6 || harmed?.revision === 7);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: POSITION.end }), (bytes) => newestSlot(bytes, uuid) === undefined),
  );
});

test('any names have file names of their own, that any file system takes', () => {
  const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(name, name, (one, other) => {
      const [a, b] = [fileNameOf(one), fileNameOf(other)];
      assert.match(a, /^[a-z0-9_%~-]{1,200}$/);
      assert.equal(a === b, Buffer.from(one).equals(Buffer.from(other)));
    }),
    { numRuns: 15 },
  );
  assert.deepEqual(['a-b_1', '../A', 'con'].map(fileNameOf), ['a-b_1', '%2e%2e%2f%41', '%63on']);
});

test('a file keeps its position through writes of both kinds, and none that says nothing stays', async (t) => {
  const path = join(temporaryDirectory(t), 'a', 'b', 'billing');
  PositionFile.open(path, OWNER).close(false);
  assert.equal(readPosition(path, uuid), undefined);
  const file = PositionFile.open(path, OWNER);
  assert.throws(() => PositionFile.open(path, OWNER), { code: 'VARVE_BUSY' });
  file.saveSync(said(1));
  const saved = [2, 3, 4].map((revision) => file.save(said(revision)));
  file.saveSync(said(5));
  await Promise.all(saved);
  const closing = file.save(said(6));
  file.close(false);
  await closing;
  assert.deepEqual(readPosition(path, uuid), said(6));
  const again = PositionFile.open(path, OWNER);
  assert.deepEqual(again.said, said(6));
  again.close(false);
  const slots = readFileSync(path);
  const newest = POSITION.offsets[newestSlot(slots, uuid)?.index ?? 0] ?? 0;
  writeFileSync(path, slots.fill(0, newest, newest + 100));
  assert.deepEqual(readPosition(path, uuid), said(5));
  truncateSync(path, 7);
  assert.equal(readPosition(path, uuid), undefined);
  PositionFile.open(path, { ...OWNER, consumer: 'other' }).close(true);
});

test('a write that fails leaves the position before it, and may be tried again; a sync that fails may not', async (t) => {
  const path = join(temporaryDirectory(t), 'billing');
  const file = PositionFile.open(path, OWNER);
  file.saveSync(said(1));
  const write = t.mock.method(fs, 'writeSync', () => 7);
  await refused(file.save(said(2)), 'VARVE_IO', /7 of 512 bytes/);
  assert.throws(() => file.saveSync(said(3)), { code: 'VARVE_IO' });
  write.mock.restore();
  assert.equal(file.said?.revision, 1);
  await file.save(said(2));
  const sync = t.mock.method(fs, 'fdatasync', (_: number, done: (error: Error) => void) =>
    done(new Error('EIO')),
  );
  await refused(file.save(said(4)), 'VARVE_POISONED');
  sync.mock.restore();
  await refused(file.save(said(5)), 'VARVE_POISONED', /open the consumer again/);
  assert.throws(() => file.saveSync(said(6)), { code: 'VARVE_POISONED' });
  file.close(false);
  const again = PositionFile.open(path, OWNER);
  await again.save(said(7));
  again.close(false);
  assert.deepEqual(readPosition(path, uuid), said(7));
});

test('a reader whose acknowledgement failed may acknowledge the same entry again', async (t) => {
  const path = join(temporaryDirectory(t), 'stream');
  const stream = await Stream.open(path, { size: '256KiB' });
  const log = await stream.log('orders', { segmentSize: 4096 });
  log.appendSync('one');
  const reader = await Stream.open(path, { readOnly: true });
  const consumer = await (await reader.log('orders')).consumer('billing');
  const write = t.mock.method(fs, 'writeSync', () => {
    throw Object.assign(new Error('full'), { code: 'ENOSPC' });
  });
  await refused(consumer.ack(log.last), 'VARVE_IO', /disk is full/);
  write.mock.restore();
  await consumer.ack(log.last);
  await reader.close();
  assert.equal(log.consumers()[0]?.position, log.last);
  await stream.close();
});

test('where no file can be beside the stream, its writer does without, and a reader is told', async (t) => {
  const path = join(temporaryDirectory(t), 'stream');
  const stream = await Stream.open(path, { size: '256KiB' });
  writeFileSync(`${path}.consumers`, '');
  const log = await stream.log('orders', { segmentSize: 4096 });
  log.appendSync('one');
  const consumer = await log.consumer('billing', { protect: true });
  await consumer.ack(log.last);
  assert.deepEqual(
    log.consumers().map(({ lag }) => lag),
    [0],
  );
  const reader = await Stream.open(path, { readOnly: true });
  const other = await reader.log('orders');
  await refused(other.consumer('search'), 'VARVE_IO', /consumers/);
  assert.deepEqual(other.consumers(), log.consumers());
  await reader.close();
  await stream.close();
});

test('a reader that reaches the stream by another path finds the same positions; one of a copy does not', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'stream');
  const stream = await Stream.open(path, { size: '256KiB' });
  const log = await stream.log('orders', { segmentSize: 4096 });
  for (let i = 0; i < 5; i++) log.appendSync(`${i}`);
  symlinkSync(path, join(directory, 'link'));
  const reader = await Stream.open(join(directory, 'link'), { readOnly: true });
  const consumer = await (await reader.log('orders')).consumer('billing');
  await consumer.ack(log.last);
  await refused(log.consumer('billing'), 'VARVE_BUSY');
  await reader.close();
  assert.equal((await log.consumer('billing')).position, log.last);
  await stream.close();
});
