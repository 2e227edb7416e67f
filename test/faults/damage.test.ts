import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Stream } from '../../src/index.js';
import { pattern } from '../helpers/bytes.js';
import { LAYOUT } from '../helpers/format.js';
import { type Content, Image, type Outcome } from '../helpers/image.js';
import { filePlaceOn } from '../helpers/media.js';

/** A closed stream of 128 KiB: three regions, names, entries of many sizes, a freed region, a published slot. */
function goodImage(t: TestContext): Image {
  const place = filePlaceOn(t, 'file', '128KiB');
  const stream = place.openSync({ blockSize: 512 });
  const regions = [
    stream.allocateSync(20_000, { name: 'first' }),
    stream.allocateSync(4096),
    stream.allocateSync(512, { name: 'tiny' }),
  ];
  const gone = stream.allocateSync(4096, { name: 'gone' });
  gone.appendSync('freed with its region');
  gone.freeSync();
  for (let index = 0; index < 60; index += 1)
    regions[index % 2]?.appendSync(pattern((index * 13) % 90, index));
  regions[0]?.reserve(80).publishSync(33);
  regions[0]?.appendSync(pattern(3000, 1));
  regions[2]?.appendSync(pattern(496, 2));
  stream.closeSync();
  return new Image(t, readFileSync(place.path));
}

function contentOf(outcome: Outcome): Content {
  assert.ok('content' in outcome, JSON.stringify(outcome));
  return outcome.content;
}

/** Exact data, or an error that says so; nothing in between. Returns true if it was an error. */
function assertExactOrTold(outcome: Outcome, expected: Content, what: string): boolean {
  if ('content' in outcome)
    assert.ok(
      isDeepStrictEqual(outcome.content, expected),
      `${what}: something else is read, without a word`,
    );
  return !('content' in outcome);
}

/** The bytes that mean most: headers, states, the records in use and one behind them, their names, the first entries. */
function* importantBytes(): Generator<number> {
  for (const page of [0, LAYOUT.page]) {
    yield* range(page + LAYOUT.header.offset, LAYOUT.header.size);
    yield* range(page + LAYOUT.state.offset, LAYOUT.state.size);
    yield* range(page + LAYOUT.record.offset, 5 * LAYOUT.record.size);
  }
  for (let slot = 0; slot < 5; slot += 1) yield* range(LAYOUT.names.offset + slot * LAYOUT.names.size, 12);
  yield* range(LAYOUT.data, 400);
}

function range(start: number, length: number): number[] {
  return Array.from({ length }, (_, index) => start + index);
}

test('any single bit flipped where it means most: exact data, or told', (t) => {
  const image = goodImage(t);
  const expected = contentOf(image.outcome());
  let told = 0;
  for (const offset of importantBytes()) {
    for (let bit = 0; bit < 8; bit += 1) {
      const outcome = image.withFlipped(offset, bit, () => image.outcome());
      const error = assertExactOrTold(outcome, expected, `byte ${offset}, bit ${bit}`);
      assert.ok(
        !error || offset >= LAYOUT.names.offset,
        `what stands twice survives a flip: byte ${offset}, bit ${bit}`,
      );
      told += error ? 1 : 0;
    }
  }
  assert.ok(told > 1000, `only ${told} flips were told`);
  assert.ok(image.intact);
});

test('a bit flipped in any byte of the file: exact data, or told', (t) => {
  const image = goodImage(t);
  const expected = contentOf(image.outcome());
  const told = new Set<number>();
  for (let offset = 0; offset < 40_000; offset += 3 + (offset % 5)) {
    const outcome = image.withFlipped(offset, (offset * 5) % 8, () => image.outcome());
    if (assertExactOrTold(outcome, expected, `byte ${offset}`)) told.add(offset);
  }
  assert.ok(told.size > 200, `only ${told.size} flips were told`);
});

test('a bit flipped in an entry is told whichever way one reads', async (t) => {
  const image = goodImage(t);
  const expected = contentOf(image.outcome());
  for (let offset = LAYOUT.data; offset < LAYOUT.data + 3000; offset += 41) {
    const bit = offset % 8;
    const reading = image.withFlipped(offset, bit, () => image.outcome());
    const wholly = image.withFlipped(offset, bit, () => readBackwards(image.path));
    assert.equal(wholly, !('content' in reading), `byte ${offset}: forwards and backwards agree`);
    assertExactOrTold(reading, expected, `byte ${offset}`);
  }
});

/** True if reading the stream backwards, region by region, ran into damage. */
function readBackwards(path: string): boolean {
  const stream = Stream.openSync(path, { readOnly: true, medium: 'file' });
  try {
    for (const region of stream.regions())
      for (const entry of region.entries({ reverse: true })) entry.copy();
    return false;
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'VARVE_CORRUPT');
    return true;
  } finally {
    stream.closeSync();
  }
}

test('any line, sector or page zeroed, or filled with ones: exact data, or told', (t) => {
  const image = goodImage(t);
  const expected = contentOf(image.outcome());
  for (const size of [8, 64, 512, 4096, 8192]) {
    for (const value of [0, 0xff]) {
      const bytes = new Uint8Array(size).fill(value);
      for (let offset = 0; offset + size <= 45_056; offset += Math.max(size, 64)) {
        const outcome = image.with(offset, bytes, () => image.outcome());
        const error = assertExactOrTold(outcome, expected, `${size} bytes of ${value} at ${offset}`);
        assert.ok(
          !error || offset + size > LAYOUT.page || size > 4096,
          'one page of what stands twice may be lost',
        );
      }
    }
  }
});

test('sectors or pages swapped: exact data, or told', (t) => {
  const image = goodImage(t);
  const expected = contentOf(image.outcome());
  for (const size of [512, 4096]) {
    for (let left = 0; left + size <= 45_056; left += size) {
      for (const right of [left + size, left + 4 * size, LAYOUT.data]) {
        if (right <= left) continue;
        const swapped = Buffer.from(image.good.subarray(left, right + size));
        image.good.copy(swapped, 0, right, right + size);
        image.good.copy(swapped, right - left, left, left + size);
        const outcome = image.with(left, swapped, () => image.outcome());
        assertExactOrTold(outcome, expected, `${size} bytes at ${left} and ${right}`);
      }
    }
  }
});

test('a file cut short anywhere is told, and stays as it is', (t) => {
  const image = goodImage(t);
  for (let length = 0; length < image.good.byteLength; length += length < 1000 ? 37 : 1009) {
    for (const readOnly of [true, false]) {
      const outcome = image.withLength(length, () => {
        const seen = image.outcome({ readOnly });
        assert.equal(readFileSync(image.path).byteLength, length);
        return seen;
      });
      assert.ok(!('content' in outcome), `cut at ${length}`);
    }
  }
});

test('a file that grew opens, with exactly what was there', (t) => {
  const image = goodImage(t);
  const expected = contentOf(image.outcome());
  const end = image.good.byteLength;
  for (const more of [1, 511, 4096, 100_000]) {
    const path = new Image(t, Buffer.concat([image.good, pattern(more, more)]));
    for (const readOnly of [true, false])
      assert.deepEqual(contentOf(path.outcome({ readOnly })), expected, `${end} + ${more}`);
  }
});
