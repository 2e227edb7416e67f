import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Landmarks } from '../../src/core/landmarks.js';
import type { RegionLog } from '../../src/core/region-log.js';
import { highWord } from '../../src/format/entry.js';
import { encodeLandmark, LANDMARK_BYTES, type Landmark } from '../../src/format/landmark.js';
import { ENTRY, Form, LAG_UNKNOWN, LANDMARK } from '../../src/format/layout.js';
import { Window } from '../../src/media/window.js';

const SEED = 12345;
const SPAN = 1024;
const BIRTH = 7;

/** A region of nothing but landmarks, each `SPAN` behind the one before, with ten timestamps between. It counts which of them are read. */
function scene(count: number) {
  const bytes = new Uint8Array((count + 1) * SPAN);
  const read: number[] = [];
  const region = {
    slot: { record: { birth: BIRTH } },
    landmark: 0,
    tail: 0,
    lastTimestamp: BIRTH - 1,
    seed: SEED,
    extent: {
      read: (position: number) => {
        read.push(position);
        return new Window(bytes, 0);
      },
    },
  };
  const landmarks = () => new Landmarks(region as unknown as RegionLog);
  const writer = landmarks();
  const all: Landmark[] = [];
  for (let i = 1; i <= count; i++) {
    region.lastTimestamp += 10;
    const landmark = writer.next(i * SPAN);
    store(bytes, landmark);
    all.push(landmark);
    region.landmark = landmark.position;
    region.tail = landmark.position + LANDMARK.size;
  }
  return { landmarks, read, all, bytes, region };
}

function store(bytes: Uint8Array, landmark: Landmark): void {
  const words = new Uint32Array(bytes.buffer);
  words[landmark.position / 4] = LANDMARK_BYTES;
  words[landmark.position / 4 + ENTRY.highWord] = highWord(landmark.after, Form.filler, LAG_UNKNOWN);
  bytes.set(encodeLandmark(landmark, SEED), landmark.position + ENTRY.header);
}

test('any timestamp is found between its two landmarks', () => {
  for (const count of [0, 1, 2, 3, 7, 8, 100]) {
    const { landmarks, all } = scene(count);
    for (let timestamp = BIRTH; timestamp < BIRTH + 10 * (count + 1); timestamp++) {
      const before = all.filter(({ after }) => after < timestamp).at(-1)?.position ?? 0;
      const behind = all.find(({ after }) => after >= timestamp)?.position ?? Number.POSITIVE_INFINITY;
      const { start, until } = landmarks().around(timestamp);
      assert.deepEqual([start.position, until], [before, behind], `${timestamp} among ${count}`);
    }
  }
});

test('a search passes few landmarks, however many there are', () => {
  const { landmarks, read } = scene(1023);
  for (let timestamp = BIRTH; timestamp < BIRTH + 10_240; timestamp += 37) {
    read.length = 0;
    landmarks().around(timestamp);
    assert.ok(read.length <= 4 * 10, `${read.length} read for ${timestamp}`);
  }
});

test('one goes back from each to the one before, up to the beginning', () => {
  const { landmarks, all } = scene(20);
  const known = landmarks();
  const positions: number[] = [];
  for (let between = known.last as ReturnType<Landmarks['before']>; between !== undefined; ) {
    positions.push(between.start.position);
    between = known.before(between.start);
  }
  assert.deepEqual(positions, [...all.map(({ position }) => position).toReversed(), 0]);
});

test('where a landmark is not whole, the region is gone through from its beginning', () => {
  const { landmarks, all, bytes } = scene(20);
  const broken = all[12] as Landmark;
  for (let at = 0; at < LANDMARK.size; at++) {
    const byte = bytes[broken.position + at] as number;
    bytes[broken.position + at] = byte ^ 1;
    const { start } = landmarks().around(broken.after + 1);
    // Of the header nothing but the length and the form is looked at: it has a checksum of its own.
    if (start.position !== broken.position) assert.equal(start.number, 0, `byte ${at}`);
    else assert.ok(at > 3 && at < ENTRY.header, `byte ${at} is not looked at`);
    bytes[broken.position + at] = byte;
  }
});

test('one that lies behind the end does not count', () => {
  const { landmarks, region } = scene(3);
  region.tail = region.landmark + LANDMARK.size - 8;
  assert.equal(landmarks().last.start.number, 0);
});
