import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrcRanges } from '../../src/format/crc-ranges.js';
import { crc32cAligned } from '../../src/format/crc32c.js';
import { RECORD, RecordKind, STATE } from '../../src/format/layout.js';
import { encodeRecord, unusedRecord } from '../../src/format/record.js';
import { streamSeed } from '../../src/format/seeds.js';
import { MemoryMedium, Stream } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { pattern, texts } from '../helpers/bytes.js';
import { fails } from '../helpers/errors.js';
import { LAYOUT, store32, store64 } from '../helpers/format.js';
import { memoryStream } from '../helpers/media.js';
import { dissect, repair } from './anatomy.js';

/** A stream with one region, changed by `forge`, with checksums that fit. */
function forgedStream(size: number, forge: (image: Uint8Array, copies: readonly number[]) => void): Stream {
  const medium = new SimulatedMedium(size);
  const stream = Stream.openSync(medium, { blockSize: 64 });
  stream.allocateSync(size / 2).appendSync('first');
  stream.closeSync();
  const image = medium.crashPoint().volatile.slice(0, size);
  const anatomy = dissect(image);
  forge(image, anatomy.slots[0]?.copies ?? []);
  repair(image, anatomy);
  return Stream.openSync(SimulatedMedium.fromImage(image));
}

test('tens of thousands of cancelled slots in a row are passed over', (t) => {
  const region = memoryStream(t, '8MiB').allocateSync('4MiB');
  const first = region.reserve(8);
  const slots = Array.from({ length: 50_000 }, () => region.reserve(8));
  const last = region.reserve(8);
  for (const slot of slots) slot.cancel();
  first.publishSync();
  last.publishSync();
  assert.equal([...region].length, 2);
  assert.equal([...region.entries({ reverse: true })].length, 2);
});

test('a stream whose numbers cannot be counted on from is refused before anything is stored', () => {
  const forgeries: readonly (readonly [number, bigint])[] = [
    [STATE.limit, 2n ** 53n - 2n],
    [STATE.limit, 2n ** 64n - 1n],
    [STATE.sequence, 2n ** 53n],
    [STATE.newest, 2n ** 63n],
    [STATE.streamSize, 1n],
    [STATE.streamSize, 64n * 1024n],
    [STATE.streamSize, 64n * 1024n + 64n],
    [STATE.streamSize, 2n ** 53n],
    [STATE.streamSize, 2n ** 64n - 1n],
  ];
  for (const [field, value] of forgeries) {
    fails('VARVE_CORRUPT', () =>
      forgedStream(64 * 1024, (image) => {
        for (const state of dissect(image).states) {
          store64(image, state + field, value);
          if (field === STATE.limit) store64(image, state + STATE.checkpoint, value - 1n);
        }
      }),
    );
  }
  for (const field of [RECORD.id, RECORD.sequence]) {
    fails('VARVE_CORRUPT', () =>
      forgedStream(64 * 1024, (image, copies) => {
        for (const copy of copies) store64(image, copy + field, 2n ** 53n - 1n);
      }),
    );
  }
});

test('a name that begins with a byte order mark keeps it, and is not that of its neighbour', () => {
  const medium = new MemoryMedium('1MiB');
  const names = ['\ufefforders', 'orders'];
  let stream = Stream.openSync(medium);
  for (const name of names) stream.allocateSync(4096, { name }).appendSync(name);
  stream.closeSync();
  stream = Stream.openSync(medium);
  for (const name of names) assert.deepEqual(texts(stream.region(name) ?? []), [name]);
  stream.closeSync();
});

test('a chain of thousands of table extents is not followed', () => {
  const size = 4 * 2 ** 20;
  const seedOf = (image: Uint8Array) =>
    streamSeed(image.subarray(LAYOUT.header.uuid, LAYOUT.header.uuid + 16));
  fails('VARVE_CORRUPT', () =>
    forgedStream(size, (image, copies) => {
      const record = { ...unusedRecord(), kind: RecordKind.table, id: 1, length: 512 };
      const put = (at: number, offset: number) =>
        image.set(encodeRecord({ ...record, offset }, seedOf(image), 0), at);
      for (const copy of copies) put(copy, 16_384);
      for (let at = 16_384; at + 1024 <= size; at += 512)
        for (const copy of [at, at + 128]) put(copy, at + 512);
    }),
  );
});

test('a region is not cleared so often that entries of its first life come back', () => {
  const stream = forgedStream(64 * 1024, (image, copies) => {
    for (const copy of copies) {
      store32(image, copy + RECORD.clears, 0xffff_ffff);
      store64(image, copy + RECORD.mark, 0n);
    }
  });
  const region = stream.region(1);
  fails('VARVE_FULL', () => region?.clearSync());
  assert.equal(region?.appendSync('goes on').text(), 'goes on');
  stream.closeSync();
});

test('a name with half of a surrogate pair is refused: it would be another one after reopening', (t) => {
  const stream = memoryStream(t);
  for (const name of ['\ud800', 'a\udfffb'])
    fails('VARVE_ARGUMENT', () => stream.allocateSync(4096, { name }));
  assert.equal(stream.allocateSync(4096, { name: '\u{1f600}' }).name, '\u{1f600}');
});

test('checksums of ranges are those of the bytes one after the other', () => {
  const bytes = pattern(4096, 5);
  const words = new Uint32Array(bytes.buffer);
  const ranges = new CrcRanges(words, 16, 1024);
  const random = seededRandom(1);
  for (let i = 0; i < 2000; i++) {
    const word = 16 + 2 * random(500);
    const length = random((1024 - word) * 4 + 1);
    const seed = random(2 ** 32);
    assert.equal(
      ranges.crc(seed, word, length),
      crc32cAligned(seed, words, word, length),
      `${word} ${length}`,
    );
  }
});
