import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrcRanges } from '../../src/format/crc-ranges.js';
import { crc32cAligned } from '../../src/format/crc32c.js';
import { checksumAt, highWord } from '../../src/format/entry.js';
import { Form, LAG_UNKNOWN } from '../../src/format/layout.js';

const WORDS = 2 ** 16;
/** Where the run begins and ends: not where the memory does. */
const [FROM, TO] = [6, WORDS - 10];

/** Words that look random. */
function noise(): Uint32Array {
  let state = 7;
  return Uint32Array.from({ length: WORDS }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state ^ (state >>> 11);
  });
}

test('the checksum of any range is that of its bytes, one after the other', () => {
  const words = noise();
  const ranges = new CrcRanges(words, FROM, TO);
  for (const word of [FROM, FROM + 2, 1000, 40_000, TO - 2]) {
    for (const length of [0, 1, 7, 8, 9, 100, 4096, 65_537, 4 * (TO - word)]) {
      if (word + length / 4 > TO) continue;
      for (const register of [0, 1, 0x8fea85f6, 0xffffffff]) {
        const expected = crc32cAligned(register, words, word, length);
        assert.equal(ranges.crc(register, word, length), expected, `${length} bytes at word ${word}`);
      }
    }
  }
});

test('the same for an entry, and for a filler without what it skips', () => {
  for (const form of [Form.entry, Form.entryAndGap, Form.filler]) {
    const words = noise();
    words[FROM] = 4096;
    words[FROM + 3] = highWord(9, form, LAG_UNKNOWN);
    const ranges = new CrcRanges(words, FROM, TO);
    assert.equal(ranges.checksumAt(FROM, 5), checksumAt(words, FROM, 5));
  }
});
