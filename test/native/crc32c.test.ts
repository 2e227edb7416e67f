import assert from 'node:assert/strict';
import { addonTest, noise, slowCrc } from './support.js';

addonTest('CRC-32C has its published values', (addon) => {
  const crc = (bytes: Uint8Array) => ~addon.crc32c(0xffffffff, bytes) >>> 0;
  assert.equal(crc(Buffer.from('123456789')), 0xe3069283);
  // From RFC 3720, appendix B.4.
  assert.equal(crc(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc(Uint8Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e);
});

addonTest('CRC-32C equals the bitwise one for every length from 0 to 5000, at odd alignments', (addon) => {
  const bytes = noise(5100);
  for (let start = 0; start < 8; start += 1) {
    let expected = 0x1234567 + start;
    for (let length = 0; length <= 5000; length += 1) {
      if (length % 8 === start || length < 600) {
        const got = addon.crc32c(0x1234567 + start, bytes.subarray(start, start + length));
        assert.equal(got, expected >>> 0, `${length} bytes from ${start}`);
      }
      expected = slowCrc(expected, bytes.subarray(start + length, start + length + 1));
    }
  }
});

addonTest('CRC-32C goes on where it stopped', (addon) => {
  const bytes = noise(70_000);
  const whole = addon.crc32c(7, bytes);
  assert.equal(whole, slowCrc(7, bytes));
  for (const cut of [0, 1, 63, 511, 512, 4096, 8191, 69_999]) {
    assert.equal(
      addon.crc32c(addon.crc32c(7, bytes.subarray(0, cut)), bytes.subarray(cut)),
      whole,
      `cut at ${cut}`,
    );
  }
});

addonTest('CRC-32C takes Uint8Arrays only', (addon) => {
  const wrong: unknown[] = [
    undefined,
    'text',
    8,
    new Uint16Array(4),
    new ArrayBuffer(8),
    new DataView(new ArrayBuffer(8)),
  ];
  for (const value of wrong) assert.throws(() => addon.crc32c(1, value as Uint8Array), TypeError);
  for (const seed of [Number.NaN, 2 ** 32, -(2 ** 31) - 1]) {
    assert.throws(() => addon.crc32c(seed, new Uint8Array(1)), RangeError);
  }
});
