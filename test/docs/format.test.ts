import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeLag, highWord, strideOf } from '../../src/format/entry.js';
import {
  BLOCK_SIZE_DEFAULT,
  BLOCK_SIZE_MAX,
  BLOCK_SIZE_MIN,
  ENTRY,
  FIRST_TABLE,
  FORM_SHIFT,
  FORMAT_VERSION,
  Form,
  GAP,
  HEADER,
  LAG_SHIFT,
  LAG_UNKNOWN,
  LANDMARK,
  LANDMARK_SPAN,
  MAGIC,
  NAME,
  NAME_MAX,
  PAGE,
  PREFIX,
  RECORD,
  REGION_MAX,
  RecordKind,
  STATE,
  STATE_CLEAN,
  STATE_MAGIC,
  TABLE_SLOT,
  TABLE_SLOTS_MIN,
  TIMESTAMP_END,
  TIMESTAMP_SUPPLY,
} from '../../src/format/layout.js';
import { regionSeed } from '../../src/format/seeds.js';
import { sealEntries } from '../../src/format/walk.js';
import { markedBlocks, page, section, tableRows } from './pages.js';

const FORMAT = page('docs/format.md');

/** The byte grid of a section: what stands in it, with its offset. What is in quotes or in brackets is a remark. */
function grid(heading: string): Record<string, number> {
  const rows = section(FORMAT, heading)
    .split('\n')
    .filter((line) => /^\+\d+ /.test(line));
  const fields = rows.flatMap((row) => {
    const [base = '', ...cells] = row.split(/\s{2,}|\s(?=\d+ … )/);
    return cells
      .map((cell, index): [string, number] => [cell.replace(/ [=(].*/, ''), Number(base) + 4 * index])
      .filter(([name]) => !name.startsWith('"'));
  });
  // What takes two rows begins at the first one.
  return Object.fromEntries(fields.toReversed());
}

function says(heading: string, ...words: string[]): void {
  const text = section(FORMAT, heading);
  for (const each of words) assert.ok(text.includes(each), `'${each}' under '${heading}'`);
}

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ');

test('the header stands where the page says', () => {
  assert.deepEqual(grid('Header'), {
    [hex(MAGIC)]: HEADER.magic,
    version: HEADER.version,
    checksum: HEADER.checksum,
    uuid: HEADER.uuid,
    'size of the stream in bytes': HEADER.streamSize,
    'block size in bytes': HEADER.blockSize,
    'start of the data': HEADER.dataStart,
    'time of creation, ms since 1970': HEADER.created,
    'features: may ignore': HEADER.mayIgnore,
    'features: may only read': HEADER.mayOnlyRead,
    'features: must refuse': HEADER.mustRefuse,
    '0': HEADER.mustRefuse + 4,
    '0 … 127': HEADER.mustRefuse + 8,
  });
  says('Header', `(${HEADER.size} bytes`, `version = ${FORMAT_VERSION}`);
});

test('the state stands where the page says', () => {
  const magic = hex(new Uint8Array(Uint32Array.of(STATE_MAGIC).buffer));
  assert.deepEqual(grid('State'), {
    [magic]: STATE.magic,
    checksum: STATE.checksum,
    'sequence number: 1, 2, 3, …': STATE.sequence,
    'limit: no timestamp at or above it has been given out': STATE.limit,
    "checkpoint: the entries up to this timestamp lie below their regions' marks": STATE.checkpoint,
    'newest timestamp committed at the checkpoint': STATE.newest,
    flags: STATE.flags,
    '0': STATE.flags + 4,
    'size of the stream in bytes where it has grown, else 0': STATE.streamSize,
    '0 … 63': STATE.streamSize + 8,
  });
  says('State', `(${STATE.size} bytes)`, `flags (${STATE_CLEAN} = clean)`, '2^20 ahead');
  assert.equal(TIMESTAMP_SUPPLY, 2 ** 20);
});

test('records stand where the page says', () => {
  assert.deepEqual(grid('Records'), {
    kind: RECORD.kind,
    checksum: RECORD.checksum,
    'sequence number': RECORD.sequence,
    'id of the region: 1, 2, 3, …, never used again': RECORD.id,
    'clears: how often': RECORD.clears,
    'length of the name, 0 to 255': RECORD.nameLength,
    'offset within the stream': RECORD.offset,
    'size in bytes': RECORD.length,
    'birth: no entry of this life has a lower timestamp': RECORD.birth,
    'mark: the entries of this life fill the region at least up to this offset': RECORD.mark,
    'timestamp of the last entry below the mark, else birth - 1': RECORD.markTimestamp,
    'number of entries below the mark': RECORD.markEntries,
    'checksum of the name': RECORD.nameChecksum,
    '0': RECORD.nameChecksum + 4,
    ["place: offset of the slot's name within the stream, or 0 where that is not said"]: RECORD.place,
    'landmark: offset of the newest one below the mark, or 0': RECORD.landmark,
    '0 … 127': RECORD.landmark + 8,
  });
  const { free, region, table } = RecordKind;
  says('Records', `(${RECORD.size} bytes)`, `Kinds: ${free} free, ${region} region, ${table} table extent`);
  says('Records', `at least ${TABLE_SLOTS_MIN}`, `${TABLE_SLOT} bytes each`);
});

test('pages, names and data stand where the page says', () => {
  const state = `state at +${STATE.at}`;
  const records = `${FIRST_TABLE.slots} records at +${FIRST_TABLE.firstCopies}`;
  assert.deepEqual(tableRows(section(FORMAT, 'Grammar')).slice(0, 3), [
    ['0', `${PAGE}`, `page 0: header at +0, ${state}, ${records}`],
    [`${PAGE}`, `${PAGE}`, 'page 1: the same, second copies'],
    [`${FIRST_TABLE.names}`, `${FIRST_TABLE.slots * NAME}`, `${FIRST_TABLE.slots} names of ${NAME} bytes`],
  ]);
  assert.ok(section(FORMAT, 'Grammar').includes(`| ${PREFIX}, rounded up to the block size |`));
  assert.equal(FIRST_TABLE.secondCopies, PAGE + FIRST_TABLE.firstCopies);
  assert.equal(PREFIX, FIRST_TABLE.names + FIRST_TABLE.slots * NAME);
});

test('entries are as the page says', () => {
  const offsets = grid('Entries');
  assert.deepEqual(offsets, {
    'length of the payload': ENTRY.lengthWord * 4,
    checksum: ENTRY.checksumWord * 4,
    'tagged timestamp': ENTRY.lowWord * 4,
    'payload, then zero to seven bytes of any value': ENTRY.header,
  });
  assert.equal(ENTRY.highWord, ENTRY.lowWord + 1);
  const form = 32 + FORM_SHIFT;
  const lag = 32 + LAG_SHIFT;
  says(
    'Entries',
    `bits 0-${form - 1} the timestamp, bits ${form}-${lag - 1} the form, bits ${lag}-63 the lag`,
  );
  says('Entries', `${LAG_UNKNOWN} says nothing at all`);
  const strides = tableRows(section(FORMAT, 'Entries')).map(([code, , next]) => [Number(code), next]);
  assert.deepEqual(strides, [
    [Form.entry, `+${ENTRY.header} + length rounded up to 8`],
    [Form.entryAndGap, `+${ENTRY.header + GAP} + length rounded up to 8`],
    [Form.part, `as ${Form.entry}`],
    [Form.filler, `+${ENTRY.header} + length (a multiple of 8)`],
  ]);
});

test('landmarks are as the page says', () => {
  assert.deepEqual(grid('Landmarks'), {
    checksum: LANDMARK.checksum,
    'number: 1, 2, 3, … within a life of the region': LANDMARK.number,
    'its own offset in the region': LANDMARK.position,
    'timestamp of the last entry before it, else birth - 1': LANDMARK.after,
    'offset of the landmark before it, or 0': LANDMARK.previous,
    'offset of a landmark farther back, or 0': LANDMARK.jump,
  });
  says('Landmarks', `a filler of ${LANDMARK.size} bytes`, `begins ${LANDMARK_SPAN / 2 ** 20} MiB or more`);
});

test('sizes are those of the page', () => {
  const sizes = Object.fromEntries(tableRows(section(FORMAT, 'Sizes')));
  assert.equal(REGION_MAX, 4 * 2 ** 30 - 4096);
  assert.equal(BLOCK_SIZE_MAX, 2 ** 30);
  assert.equal(TIMESTAMP_END - 1, 2 ** 53 - 2);
  assert.deepEqual(sizes, {
    stream: 'up to 2^53 - 1 bytes',
    region: 'a multiple of the block size, up to 4 GiB - 4096',
    payload: `up to the region's size - ${ENTRY.header}`,
    'block size': `a power of two from ${BLOCK_SIZE_MIN} to 2^30; default ${BLOCK_SIZE_DEFAULT}`,
    name: `1 to ${NAME_MAX} bytes of UTF-8`,
    regions: 'as many as fit',
    timestamps: 'up to 2^53 - 2',
  });
});

const UUID = Uint8Array.from({ length: 16 }, (_, i) => i);
const EXAMPLE = [
  { payload: 'hello', timestamp: 1, lag: 0 },
  { payload: '', timestamp: 2, lag: 1 },
];

/** The bytes of the page's example, as the code writes them. */
function exampleBytes(): Uint8Array {
  const size = EXAMPLE.reduce((sum, { payload }) => sum + strideOf(payload.length), 0);
  const words = new Uint32Array(size / 4);
  const bytes = new Uint8Array(words.buffer);
  let at = 0;
  for (const { payload, timestamp, lag } of EXAMPLE) {
    const word = at / 4;
    words[word + ENTRY.lengthWord] = payload.length;
    words[word + ENTRY.lowWord] = timestamp;
    words[word + ENTRY.highWord] = highWord(timestamp, Form.entry, encodeLag(lag));
    bytes.set(Buffer.from(payload), at + ENTRY.header);
    at += strideOf(payload.length);
  }
  sealEntries(words, 0, size, regionSeed(UUID, 1, 0));
  return bytes;
}

/** The bytes that the page shows, line after line: the second column of `+offset  hex  remark`. */
function shownBytes(): number[] {
  const block = markedBlocks(FORMAT).find(({ mark }) => mark === 'example');
  assert.ok(block, 'the page has an example');
  let position = 0;
  return block.code
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const [, offset, shown = ''] = /^\+(\d+)\s+((?:[0-9a-f]{2} {1,2})+)/.exec(line) ?? [];
      assert.equal(Number(offset), position, `the offset of '${line}'`);
      const bytes = shown.trim().split(/ +/);
      position += bytes.length;
      return bytes.map((byte) => Number.parseInt(byte, 16));
    });
}

test('the worked example is what the code writes', () => {
  assert.deepEqual(shownBytes(), [...exampleBytes()]);
});

/** The register of CRC-32C, bit by bit, as the page describes it: written without a look at the code. */
function register(start: number, bytes: Iterable<number>): number {
  let crc = start;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return crc >>> 0;
}

test('the checksums of the worked example follow from the prose of the page', () => {
  const bytes = Buffer.from(shownBytes());
  const seed = register(0xffffffff, [...UUID, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  for (const [at, length] of [
    [0, 5],
    [24, 0],
  ] as const) {
    const payload = bytes.subarray(at + 16, at + 16 + length);
    const sum = register(seed, [
      ...payload,
      ...bytes.subarray(at, at + 4),
      ...bytes.subarray(at + 8, at + 16),
    ]);
    assert.equal(bytes.readUInt32LE(at + 4), sum);
  }
});
