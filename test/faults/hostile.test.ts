import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Stream, type StreamOptions, VarveError } from '../../src/index.js';
import { pattern } from '../helpers/bytes.js';
import { LAYOUT, reseal, resealHeader, store32, store64 } from '../helpers/format.js';
import { contentOf, Image } from '../helpers/image.js';
import { filePlaceOn, problemOf } from '../helpers/media.js';

const SIZE = 131_072;

/** A stream with three regions; closed, or as a crash leaves it. */
function goodFile(t: TestContext, clean: boolean): Buffer {
  const place = filePlaceOn(t, 'file', SIZE);
  const stream = place.openSync();
  const regions = [1, 2, 3].map((number) => stream.allocateSync('16KiB', { name: `region ${number}` }));
  for (let index = 0; index < 60; index += 1) regions[index % 3]?.appendSync(pattern(index * 5, index));
  if (clean) stream.closeSync();
  const file = readFileSync(place.path);
  stream.closeSync();
  return file;
}

/** Where 64-bit fields lie that decide about offsets, lengths and counts. */
const HEADER_FIELDS = [
  LAYOUT.header.streamSize,
  LAYOUT.header.blockSize,
  LAYOUT.header.dataStart,
  8,
  16,
  64,
  72,
];
const STATE_FIELDS = [0, 8, 16, 24, 32, 40, 48].map((field) => LAYOUT.state.offset + field);
const RECORD_FIELDS = [0, 8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88];

const field = fc.oneof(
  fc.constantFrom(...HEADER_FIELDS),
  fc.constantFrom(...STATE_FIELDS),
  fc
    .tuple(fc.nat(5), fc.constantFrom(...RECORD_FIELDS))
    .map(([slot, at]) => LAYOUT.record.offset + slot * LAYOUT.record.size + at),
);

const value = fc.oneof(
  fc.constantFrom(
    0n,
    1n,
    2n,
    7n,
    8n,
    64n,
    4095n,
    4096n,
    12_288n,
    16_384n,
    BigInt(SIZE),
    BigInt(SIZE) - 8n,
    BigInt(SIZE) + 4096n,
  ),
  fc.constantFrom(
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 52n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 63n,
    2n ** 64n - 1n,
    2n ** 64n - 4096n,
  ),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0n, max: BigInt(SIZE) }),
);

/** A forgery: fields and their values, in one copy or in both, with checksums that fit. */
const forgery = fc.array(fc.record({ field, value, half: fc.boolean() }), { minLength: 1, maxLength: 4 });

function forge(
  good: Buffer,
  changes: readonly { field: number; value: bigint; half: boolean }[],
  both: boolean,
): Buffer {
  const file = Buffer.from(good);
  for (const page of both ? [0, LAYOUT.page] : [0]) {
    for (const change of changes) {
      if (change.half) store32(file, page + change.field, Number(change.value & 0xffffffffn));
      else store64(file, page + change.field, change.value);
    }
  }
  for (const page of [0, LAYOUT.page]) {
    resealHeader(file, page);
    reseal(file, page + LAYOUT.state.offset, LAYOUT.state.size);
    for (let slot = 0; slot < LAYOUT.records; slot += 1) {
      reseal(file, page + LAYOUT.record.offset + slot * LAYOUT.record.size, LAYOUT.record.size);
    }
  }
  return file;
}

/** Opens, reads everything every way, writes a little where it may. Only errors of varve may come of it. */
function useAll(path: string, options: StreamOptions): void {
  let stream: Stream | undefined;
  try {
    stream = Stream.openSync(path, options);
    assert.ok(stream.size <= SIZE && stream.available <= SIZE && stream.available >= 0);
    const content = contentOf(stream);
    assert.ok(content.length < SIZE);
    for (const entry of stream.entries({ from: 10 })) entry.copy();
    for (const region of stream.regions())
      for (const entry of region.entries({ reverse: true })) entry.copy();
    if (options.readOnly !== true)
      for (const region of stream.regions()) region.appendSync('x', { until: 'committed' });
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
  } finally {
    closeAnyway(stream);
  }
}

function closeAnyway(stream: Stream | undefined): void {
  try {
    stream?.closeSync();
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
  }
}

for (const clean of [true, false]) {
  test(`the checksums of the forger fit: an unchanged ${clean ? 'closed' : 'crashed'} stream reads as before`, (t) => {
    const good = goodFile(t, clean);
    assert.ok(forge(good, [], true).equals(good));
  });

  for (const kind of ['file', 'pmem'] as const) {
    test(`forged headers, states and records of a ${clean ? 'closed' : 'crashed'} stream: bounded, and nothing but errors (${kind})`, (t) => {
      if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
      const good = goodFile(t, clean);
      const image = new Image(t, good);
      fc.assert(
        fc.property(forgery, fc.boolean(), (changes, both) => {
          const file = forge(good, changes, both);
          for (const readOnly of [true, false])
            image.with(0, file, () => useAll(image.path, { readOnly, medium: kind }));
        }),
        { numRuns: 200 },
      );
      assert.ok(image.intact);
    });
  }

  test(`random bytes anywhere in a ${clean ? 'closed' : 'crashed'} stream: bounded, and nothing but errors`, (t) => {
    const good = goodFile(t, clean);
    const image = new Image(t, good);
    const splash = fc.record({
      offset: fc.nat(70_000),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(splash, { minLength: 1, maxLength: 20 }), (splashes) => {
        const file = Buffer.from(good);
        for (const { offset, bytes } of splashes) file.set(bytes, offset);
        for (const readOnly of [true, false])
          image.with(0, file, () => useAll(image.path, { readOnly, medium: 'file' }));
      }),
      { numRuns: 300 },
    );
  });
}

test('check of forged streams: problems or errors, in bounded time, and not a byte changed', async (t) => {
  const good = goodFile(t, true);
  await fc.assert(
    fc.asyncProperty(forgery, async (changes) => {
      const victim = new Image(t, forge(good, changes, true));
      await Stream.check(victim.path).catch((error: unknown) =>
        assert.ok(error instanceof VarveError, String(error)),
      );
      assert.ok(victim.intact);
    }),
    { numRuns: 100 },
  );
});

test('features of a later version: refused, read only, or ignored', (t) => {
  const good = goodFile(t, true);
  const withFeature = (offset: number): Image =>
    new Image(t, forge(good, [{ field: offset, value: 1n, half: true }], true));
  const refused = withFeature(LAYOUT.features.refuse);
  for (const readOnly of [true, false]) {
    const outcome = refused.outcome({ readOnly }, ['VARVE_MISMATCH']);
    assert.ok('code' in outcome);
  }
  assert.ok(refused.intact);
  const version = new Image(t, forge(good, [{ field: LAYOUT.header.version, value: 2n, half: true }], true));
  assert.ok('code' in version.outcome({ readOnly: true }, ['VARVE_MISMATCH']));
  assert.ok(version.intact);
  const readable = withFeature(LAYOUT.features.readOnly);
  assert.ok('code' in readable.outcome({ readOnly: false }, ['VARVE_MISMATCH']));
  assert.ok(readable.intact);
  assert.ok('content' in readable.outcome({ readOnly: true }));
  assert.ok('content' in withFeature(LAYOUT.features.ignore).outcome({ readOnly: false }));
});
