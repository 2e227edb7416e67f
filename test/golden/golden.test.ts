import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FORM_SHIFT, Form, HEADER, STATE, STATE_CLEAN } from '../../src/format/layout.js';
import { type Region, Stream } from '../../src/index.js';
import { FILE_KINDS, problemOf, temporaryDirectory } from '../helpers/media.js';

/** What scripts/make-golden.js wrote down while it made a file. */
interface Golden {
  size: number;
  blockSize: number;
  newest: number;
  regions: { id: number; name?: string; size: number; entries: { timestamp: number; data: string }[] }[];
}

const FURTHER = 'goes on';

const NAMES = ['v1-closed', 'v1-table', 'v1-crashed', 'v1-grown'];

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../../../test/golden/${file}`, import.meta.url));
}

function goldenOf(name: string): Golden {
  return JSON.parse(readFileSync(pathOf(`${name}.json`), 'utf8')) as Golden;
}

function contentOf(stream: Stream): Golden {
  const { size, blockSize, committed } = stream;
  return { size, blockSize, newest: committed, regions: Array.from(stream.regions(), regionOf) };
}

function regionOf(region: Region): Golden['regions'][number] {
  const { id, name, size } = region;
  const entries = Array.from(region, ({ timestamp, data }) => ({
    timestamp,
    data: Buffer.from(data).toString('base64'),
  }));
  return { id, ...(name === undefined ? {} : { name }), size, entries };
}

for (const name of NAMES) {
  for (const medium of FILE_KINDS) {
    test(`${name} is read as it was written, and goes on (${medium})`, async (t) => {
      const problem = problemOf(medium);
      if (problem !== undefined) return t.skip(problem);
      const golden = goldenOf(name);
      const path = join(temporaryDirectory(t), 'copy.varve');
      copyFileSync(pathOf(`${name}.varve`), path);

      const reader = await Stream.open(path, { medium, readOnly: true });
      assert.deepEqual(contentOf(reader), golden);
      await reader.close();
      assert.ok(readFileSync(path).equals(readFileSync(pathOf(`${name}.varve`))), 'reading changes nothing');

      const writer = await Stream.open(path, { medium, mode: 'open' });
      assert.deepEqual(contentOf(writer), golden);
      for (const region of writer.regions()) appendTo(region, golden);
      await writer.close();
      const report = await Stream.check(path, { medium });
      assert.deepEqual([report.ok, report.problems], [true, []]);
      const again = await Stream.open(path, { medium, readOnly: true });
      assert.deepEqual(contentOf(again), golden);
      await again.close();
    });
  }
}

/** Appends where there is room, to the stream and to what is expected of it. */
function appendTo(region: Region, golden: Golden): void {
  if (region.available < FURTHER.length) return;
  const before = golden.newest;
  const { timestamp, data } = region.appendSync(FURTHER);
  assert.ok(timestamp > before, `${timestamp} was not given out before`);
  golden.newest = timestamp;
  const expected = golden.regions.find(({ id }) => id === region.id);
  expected?.entries.push({ timestamp, data: Buffer.from(data).toString('base64') });
}

test('the files hold what they are there for', () => {
  const [closed, table, crashed, grown] = NAMES.map((name) => readFileSync(pathOf(`${name}.varve`)));
  assert.ok(closed && table && crashed && grown);
  const { size } = goldenOf('v1-grown');
  assert.ok(grown.readBigUInt64LE(HEADER.streamSize) < size, 'it has grown');
  assert.deepEqual([grown.readBigUInt64LE(STATE.at + STATE.streamSize), grown.length], [BigInt(size), size]);
  const isClean = (file: Buffer) => (file.readUInt32LE(STATE.at + STATE.flags) & STATE_CLEAN) !== 0;
  assert.deepEqual([isClean(closed), isClean(table), isClean(crashed)], [true, true, false]);
  assert.deepEqual(formsIn(closed, 'slots'), [
    Form.entryAndGap,
    Form.entry,
    Form.entry,
    Form.filler,
    Form.filler,
    Form.entry,
    Form.entry,
  ]);
  assert.ok(goldenOf('v1-table').regions.length > 16, 'the first table has 16 slots');
  assert.ok(crashed.includes('committed, not persisted'), 'the bytes of an entry that nobody was told of');
});

/** The forms of what stands in a region, one after the other, up to the first zero header. */
function formsIn(file: Buffer, name: string): number[] {
  const stream = Stream.openSync(pathOf('v1-closed.varve'), { readOnly: true, medium: 'file' });
  const { offset = 0 } = stream.region(name) ?? {};
  stream.closeSync();
  const forms: number[] = [];
  for (let at = offset; file.readUInt32LE(at + 4) !== 0; ) {
    const form = (file.readUInt32LE(at + 12) >>> FORM_SHIFT) & 3;
    forms.push(form);
    at += 16 + Math.ceil(file.readUInt32LE(at) / 8) * 8 + (form === Form.entryAndGap ? 8 : 0);
  }
  return forms;
}
