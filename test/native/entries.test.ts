import assert from 'node:assert/strict';
import { addonTest, extentOf, noise, type Sketch, verify, write } from './support.js';

const SEED = 0xc0ffee11;

const MIXED: readonly Sketch[] = [
  { timestamp: 3, payload: noise(5), lag: 0 },
  { timestamp: 3, payload: new Uint8Array(24), form: 3 },
  { timestamp: 4, payload: new Uint8Array(0) },
  { timestamp: 9, payload: noise(64), form: 1, lag: 2 },
  { timestamp: 12, payload: noise(700) },
  { timestamp: 13, payload: noise(8) },
];

const MIXED_SIZE = MIXED.reduce((sum, sketch) => sum + extentOf(sketch), 0);

/** The mixed run, checksummed by the test itself. */
function mixed(spare = 0): Uint8Array {
  const bytes = new Uint8Array(MIXED_SIZE + spare);
  write(bytes, 0, SEED, MIXED);
  return bytes;
}

addonTest('sealing stores the checksums that the format asks for, and nothing else', (addon) => {
  const bytes = new Uint8Array(MIXED_SIZE);
  write(bytes, 0, undefined, MIXED);
  addon.sealBytes(bytes, 0, MIXED_SIZE, SEED);
  assert.deepEqual(bytes, mixed());
});

addonTest('sealing from the middle leaves what is around it alone', (addon) => {
  const bytes = new Uint8Array(MIXED_SIZE + 64).fill(0xee);
  const end = write(bytes, 32, undefined, MIXED);
  addon.sealBytes(bytes, 32, end, SEED);
  assert.deepEqual(bytes.subarray(32, end), mixedOver(0xee));
  assert.ok(bytes.subarray(0, 32).every((byte) => byte === 0xee));
  assert.ok(bytes.subarray(end).every((byte) => byte === 0xee));
});

function mixedOver(fill: number): Uint8Array {
  const bytes = new Uint8Array(MIXED_SIZE).fill(fill);
  write(bytes, 0, SEED, MIXED);
  return bytes;
}

addonTest('a range whose entries do not end where it ends cannot be sealed', (addon) => {
  const bytes = mixed();
  for (const to of [8, 16, MIXED_SIZE - 8, MIXED_SIZE - 16]) {
    assert.throws(() => addon.sealBytes(bytes, 0, to, SEED), RangeError, `to ${to}`);
  }
  new DataView(bytes.buffer).setUint32(0, 0xffffffff, true);
  assert.throws(() => addon.sealBytes(bytes, 0, MIXED_SIZE, SEED), RangeError);
});

addonTest('ranges outside the bytes or off the alignment are RangeErrors', (addon) => {
  const bytes = mixed();
  const wrong = [
    [-8, 8],
    [0, MIXED_SIZE + 8],
    [16, 8],
    [4, 24],
    [0.5, 24],
    [0, Number.NaN],
    [0, 2 ** 53],
    [2 ** 52, 2 ** 52 + 8],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ] as const;
  for (const [from, to] of wrong) {
    assert.throws(() => addon.sealBytes(bytes, from, to, SEED), RangeError, `seal ${from} ${to}`);
    assert.throws(() => addon.verifyBytes(bytes, from, to, SEED, 0, 100), RangeError, `verify ${from} ${to}`);
  }
  assert.throws(() => addon.verifyBytes(bytes, 0, 8, SEED, -1, 100), RangeError);
  assert.deepEqual(bytes, mixed(), 'nothing was touched');
});

addonTest('verification finds all entries and where they end', (addon) => {
  const bytes = mixed(40);
  const end = { position: MIXED_SIZE, timestamp: 13, entries: 5, certified: 6 };
  assert.deepEqual(verify(addon, bytes, SEED), end);
  assert.deepEqual(verify(addon, bytes, SEED, { to: MIXED_SIZE }), end);
  assert.deepEqual(verify(addon, bytes, SEED + 1), { position: 0, timestamp: 0, entries: 0, certified: 0 });
});

addonTest('verification does not go beyond its end, its limit or its beginning', (addon) => {
  const bytes = mixed();
  const last = MIXED_SIZE - extentOf({ timestamp: 0, payload: noise(8) });
  assert.equal(verify(addon, bytes, SEED, { to: MIXED_SIZE - 1 }).position, last);
  assert.equal(verify(addon, bytes, SEED, { below: 13 }).position, last);
  assert.equal(verify(addon, bytes, SEED, { after: 2 }).entries, 5);
  assert.equal(verify(addon, bytes, SEED, { after: 3 }).position, 0);
  assert.deepEqual(verify(addon, bytes, SEED, { from: last, after: 12 }).entries, 1);
  assert.deepEqual(verify(addon, bytes, SEED, { from: MIXED_SIZE, after: 13 }).timestamp, 13);
});

addonTest('verification works at any alignment', (addon) => {
  for (let shift = 0; shift < 9; shift += 1) {
    const bytes = new Uint8Array(MIXED_SIZE + shift).subarray(shift);
    bytes.set(mixed());
    assert.equal(verify(addon, bytes, SEED).entries, 5, `shifted by ${shift}`);
  }
});

addonTest('timestamps must rise, fillers must not fall, and parts of transactions are entries', (addon) => {
  const cases: readonly (readonly [string, readonly Sketch[], number])[] = [
    ['equal timestamps', [5, 5].map((timestamp) => ({ timestamp, payload: noise(8) })), 1],
    ['falling timestamps', [5, 4].map((timestamp) => ({ timestamp, payload: noise(8) })), 1],
    ['timestamp 0', [{ timestamp: 0, payload: noise(8) }], 0],
    [
      'a filler of an earlier time',
      [
        { timestamp: 5, payload: noise(8) },
        { timestamp: 4, payload: noise(8), form: 3 },
      ],
      1,
    ],
    ['a filler of odd length', [{ timestamp: 0, payload: noise(9), form: 3 }], 0],
    ['a part of a transaction', [{ timestamp: 1, payload: noise(8), form: 2 }], 1],
  ];
  for (const [name, sketches, entries] of cases) {
    const bytes = new Uint8Array(256);
    write(bytes, 0, SEED, sketches);
    const found = verify(addon, bytes, SEED);
    assert.equal(found.entries, entries, name);
    assert.equal(found.position, entries * 24, name);
  }
});

addonTest('a filler may stand first, with the last timestamp given out before it', (addon) => {
  const bytes = new Uint8Array(64);
  write(bytes, 0, SEED, [
    { timestamp: 41, payload: new Uint8Array(8), form: 3 },
    { timestamp: 42, payload: noise(3) },
  ]);
  const found = verify(addon, bytes, SEED, { after: 41 });
  assert.deepEqual(found, { position: 48, timestamp: 42, entries: 1, certified: 0 });
});

addonTest('the lag says what is certified, never too much', (addon) => {
  // Code, and the lag it means: docs/format.md.
  const lags = [
    [0, 0],
    [15, 15],
    [16, 16],
    [31, 31],
    [32, 32],
    [33, 34],
    [48, 64],
    [510, 30 * 2 ** 30],
  ] as const;
  const timestamp = 2 ** 40;
  for (const [lag, means] of lags) {
    const bytes = new Uint8Array(24);
    write(bytes, 0, SEED, [{ timestamp, payload: noise(8), lag }]);
    assert.equal(verify(addon, bytes, SEED).certified, timestamp - 1 - means, `lag ${lag}`);
  }
  const young = new Uint8Array(24);
  write(young, 0, SEED, [{ timestamp: 5, payload: noise(8), lag: 16 }]);
  assert.equal(verify(addon, young, SEED).certified, 0, 'more lag than timestamps');
});

addonTest('every flipped bit that means something is noticed', (addon) => {
  const bytes = mixed();
  let position = 0;
  for (const sketch of MIXED) {
    const covered = 16 + (sketch.form === 3 ? 0 : sketch.payload.byteLength);
    for (let bit = 0; bit < covered * 8; bit += 1) {
      const at = position + (bit >> 3);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
      const found = verify(addon, bytes, SEED);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
      assert.equal(found.position, position, `bit ${bit} of the entry at ${position}`);
    }
    position += extentOf(sketch);
  }
  assert.deepEqual(bytes, mixed());
});

addonTest('verification of noise ends and stays inside', (addon) => {
  for (let seed = 1; seed < 500; seed += 1) {
    const bytes = noise(8 + (seed % 90), seed);
    const { position, entries } = verify(addon, bytes, SEED);
    assert.deepEqual([position, entries], [0, 0]);
  }
});
