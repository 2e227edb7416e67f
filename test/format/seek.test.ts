import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { highWord, strideOf } from '../../src/format/entry.js';
import { Form, GAP } from '../../src/format/layout.js';
import { firstNotBefore, firstWithin, lastBefore, noteEntries, timestampsIn } from '../../src/format/seek.js';

const sketch = fc.record({
  size: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constant(3000)),
  step: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2 ** 31 - 2, max: 2 ** 34 })),
  form: fc.constantFrom(...Object.values(Form)),
  goesOn: fc.boolean(),
});

/** Entries and fillers one behind the other: words, and where the entries stand. */
function lay(sketches: readonly { size: number; step: number; form: number; goesOn: boolean }[]) {
  const words = new Uint32Array(16_384);
  const entries: { word: number; timestamp: number; form: number; goesOn: boolean }[] = [];
  let word = 0;
  let timestamp = 0;
  for (const { size: asked, step, form, goesOn } of sketches) {
    const size = form === Form.filler ? asked - (asked % 8) : asked;
    // A filler's timestamp is another region's, as often as not.
    timestamp += step;
    words[word] = size;
    words[word + 2] = timestamp >>> 0;
    words[word + 3] = highWord(timestamp, form, goesOn ? 511 : 7);
    if (form !== Form.filler) entries.push({ word, timestamp, form, goesOn });
    word += (strideOf(size) + (form === Form.entryAndGap ? GAP : 0)) / 4;
  }
  return { words, entries, end: word, newest: timestamp };
}

test('the first entry that is not before a timestamp is found, whatever stands between, and the last one before an end, and all of them', () => {
  fc.assert(
    fc.property(fc.array(sketch, { maxLength: 12 }), (sketches) => {
      const { words, entries, end, newest } = lay(sketches);
      const asked = [0, newest + 1, 2 ** 53 - 1, ...entries.map(({ timestamp }) => timestamp)];
      for (const timestamp of asked.flatMap((at) => [at - 1, at, at + 1])) {
        if (timestamp < 0 || timestamp > Number.MAX_SAFE_INTEGER) continue;
        const expected = entries.find((entry) => entry.timestamp >= timestamp);
        assert.equal(firstNotBefore(words, 0, end, timestamp), expected?.word ?? end, `${timestamp}`);
      }
      assert.equal(lastBefore(words, 0, end, -1), entries.at(-1)?.timestamp ?? -1);
      const places = [5];
      assert.equal(noteEntries(words, 0, end, places, 1), entries.length + 1);
      assert.deepEqual(places, [5, ...entries.map(({ word }) => word)]);
    }),
  );
});

test('the timestamps of a stretch are told as runs, and which are of parts of transactions', () => {
  fc.assert(
    fc.property(fc.array(sketch, { maxLength: 12 }), (sketches) => {
      const { words, entries, end } = lay(sketches);
      const { runs, goingOn, newestPart } = timestampsIn(words, 0, end);
      const told: number[] = [];
      for (let i = 0; i < runs.length; i += 2) {
        const [first = 0, last = 0] = runs.slice(i, i + 2);
        assert.ok(i === 0 || first > (runs[i - 1] ?? 0) + 1, 'a run ends where one is missing');
        for (let timestamp = first; timestamp <= last; timestamp += 1) told.push(timestamp);
      }
      assert.deepEqual(
        told,
        entries.map(({ timestamp }) => timestamp),
      );
      const parts = entries.filter(({ form }) => form === Form.part);
      assert.deepEqual(
        goingOn,
        parts.filter(({ goesOn }) => goesOn).map(({ timestamp }) => timestamp),
      );
      assert.equal(newestPart, parts.at(-1)?.timestamp ?? 0);
    }),
  );
});

test('the first header with a timestamp between two others is found, at every second word', () => {
  const timestamps = fc.constantFrom(0, 1, 2, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 2);
  fc.assert(
    fc.property(fc.array(timestamps, { maxLength: 9 }), timestamps, timestamps, (placed, after, below) => {
      const words = new Uint32Array(2 * placed.length + 2);
      for (const [index, timestamp] of placed.entries()) {
        words[2 * index + 2] = timestamp >>> 0;
        words[2 * index + 3] = highWord(timestamp, Form.part, 9);
      }
      const expected = placed.findIndex((timestamp) => timestamp > after && timestamp < below);
      assert.equal(
        firstWithin(words, 0, words.length - 4, after, below),
        expected === -1 ? -1 : 2 * expected,
      );
    }),
  );
});

test('a walk over what another process overwrites meanwhile comes to an end', () => {
  for (const size of [0xffff_ffff, 0xffff_fff8, 0xffff_fff0, 0xffff_ffe8, 0x7fff_ffff]) {
    const words = new Uint32Array(64).fill(size);
    words[2] = 0;
    words[3] = 0;
    assert.ok(firstNotBefore(words, 0, 64, 5) >= 64);
    assert.equal(typeof lastBefore(words, 0, 64, 5), 'number');
    assert.ok(noteEntries(words, 0, 64, [], 0) <= 16);
    assert.ok(timestampsIn(words, 0, 64).runs.length <= 32);
  }
});
