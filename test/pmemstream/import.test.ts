import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { importPmemlog, importPmemstream, Stream } from '../../src/index.js';
import { create } from '../../src/pmemlog/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { pattern, texts, utf8 } from '../helpers/bytes.js';
import { fails, isFailure } from '../helpers/errors.js';
import { temporaryDirectory } from '../helpers/media.js';
import { baseOf, type Fixture, NONE, pmemstreamFile } from './fixture.js';

function entry(timestamp: number, text: string): { timestamp: number; data: Uint8Array } {
  return { timestamp, data: utf8(text) };
}

const TWO: Fixture = {
  blockSize: 64,
  persisted: 9n,
  regions: [
    { size: 300, entries: [entry(1, 'one'), entry(4, 'four'), entry(9, 'nine')] },
    { size: 1000, newest: 7n, entries: [entry(2, ''), entry(7, 'seven'), entry(8, 'of another life')] },
    { size: 64, entries: [] },
  ],
};

function place(t: TestContext): { source: string; target: string } {
  const directory = temporaryDirectory(t);
  return { source: join(directory, 'old.pmem'), target: join(directory, 'new.varve') };
}

test('regions come in their order, valid entries with their timestamps, and nothing else', async (t) => {
  const { source, target } = place(t);
  const file = pmemstreamFile(TWO);
  writeFileSync(source, file);
  assert.deepEqual(importPmemstream(source, target), { regions: 3, entries: 5, bytes: 16 });
  assert.ok(readFileSync(source).equals(file));
  await using stream = await Stream.open(target);
  assert.deepEqual(
    Array.from(stream.regions(), (region) => texts(region)),
    [['one', 'four', 'nine'], ['', 'seven'], []],
  );
  assert.deepEqual(
    Array.from(stream.entries(), ({ timestamp }) => timestamp),
    [1, 2, 4, 7, 9],
  );
  assert.ok([...stream.regions()].every(({ size }, i) => size >= (TWO.regions[i]?.size ?? 0)));
  assert.equal(stream.region(1)?.appendSync('next').timestamp, 10);
  assert.deepEqual((await stream.check()).problems, []);
});

test('an entry newer than what the stream says is persisted does not count', async (t) => {
  const { source, target } = place(t);
  writeFileSync(source, pmemstreamFile({ ...TWO, persisted: 3n }));
  assert.deepEqual(importPmemstream(source, target).entries, 2);
  await using stream = await Stream.open(target, { readOnly: true });
  assert.deepEqual(
    Array.from(stream.entries(), ({ timestamp }) => timestamp),
    [1, 2],
  );
});

test('many regions with gaps and large timestamps arrive as they were', async (t) => {
  const { source, target } = place(t);
  const random = seededRandom(3);
  const regions = Array.from({ length: 40 }, () => ({
    size: 4000,
    entries: [] as ReturnType<typeof entry>[],
  }));
  const expected: [timestamp: number, region: number, text: string][] = [];
  let timestamp = 0;
  for (let i = 0; i < 2000; i++) {
    timestamp += random(8) === 0 ? 1 + random(2 ** 21) : 1;
    const region = random(regions.length);
    const text = 'x'.repeat(random(30)) + i;
    if ((regions[region]?.entries.length ?? 0) >= 60) continue;
    regions[region]?.entries.push(entry(timestamp, text));
    expected.push([timestamp, region + 1, text]);
  }
  writeFileSync(source, pmemstreamFile({ blockSize: 4096, persisted: BigInt(timestamp), regions }));
  importPmemstream(source, target);
  await using stream = await Stream.open(target, { readOnly: true });
  assert.deepEqual(
    Array.from(stream.entries(), (each) => [each.timestamp, each.region.id, each.text()]),
    expected,
  );
});

test('what contradicts itself is refused, and nothing is left behind', (t) => {
  const { source, target } = place(t);
  const base = baseOf(TWO.blockSize);
  const u64 = (at: number, value: bigint) => (file: Buffer) => file.writeBigUInt64LE(value, at);
  const cases: [name: string, codes: string, change: (file: Buffer) => unknown][] = [
    ['signature', 'VARVE_NOT_A_STREAM', (file) => file.write('X', 3)],
    ['bytes behind the signature', 'VARVE_NOT_A_STREAM', (file) => file.write('X', 40)],
    ['size', 'VARVE_CORRUPT', u64(0x40, 10_000_000n)],
    ['block size 0', 'VARVE_CORRUPT', u64(0x48, 0n)],
    ['huge block size', 'VARVE_CORRUPT', u64(0x48, NONE)],
    ['a link out of the file', 'VARVE_CORRUPT', u64(0x68, 2n ** 40n)],
    ['a link into a region', 'VARVE_CORRUPT', u64(base + 8, 64n)],
    ['a ring of links', 'VARVE_CORRUPT', u64(base + 8, 0n)],
    ['a link between blocks', 'VARVE_CORRUPT', u64(base + 8, 65n)],
    ['no region', 'VARVE_CORRUPT', u64(base, 300n)],
    ['a region beyond the end', 'VARVE_CORRUPT', u64(base, (1n << 40n) | (3n << 62n))],
    ['an entry that is none', 'VARVE_CORRUPT', u64(base + 64, 3n)],
    ['an entry beyond its region', 'VARVE_CORRUPT', u64(base + 64, 5000n | (2n << 62n))],
    ['timestamps that fall', 'VARVE_CORRUPT', u64(base + 64 + 8, 5n)],
    ['a timestamp twice', 'VARVE_CORRUPT', u64(base + 64 + 24 + 8, 2n)],
  ];
  for (const [name, codes, change] of cases) {
    const file = pmemstreamFile(TWO);
    change(file);
    writeFileSync(source, file);
    fails(codes, () => importPmemstream(source, target));
    assert.deepEqual(readdirSync(join(target, '..')), ['old.pmem'], name);
  }
});

test('no forged file does more than be refused or imported', (t) => {
  const { source, target } = place(t);
  const random = seededRandom(11);
  for (let i = 0; i < 300; i++) {
    let file = pmemstreamFile(TWO);
    for (let n = 1 + random(4); n > 0; n--) {
      const at = 8 * random(file.length / 8);
      const interesting = [0n, NONE, BigInt(random(2000)), BigInt(random(2000)) | (BigInt(random(4)) << 62n)];
      file.writeBigUInt64LE(interesting[random(4)] as bigint, at);
    }
    if (random(5) === 0) file = file.subarray(0, random(file.length));
    writeFileSync(source, file);
    const made = `${target}.${i}`;
    try {
      importPmemstream(source, made);
    } catch (error) {
      assert.ok(isFailure(error, ['VARVE_CORRUPT', 'VARVE_NOT_A_STREAM']), String(error));
      assert.ok(!existsSync(made));
    }
  }
});

test('a pool becomes a region of lines, of entries behind their lengths, or of one entry', async (t) => {
  const { source, target } = place(t);
  const pool = create(source);
  pool.append('one\ntwo\n\nthree');
  pool.close();
  assert.deepEqual(importPmemlog(source, target), { regions: 1, entries: 4, bytes: 11 });
  const raw = `${target}.raw`;
  assert.deepEqual(importPmemlog(source, raw, { framing: 'raw', size: '1MiB' }).entries, 1);
  for (const [path, expected] of [
    [target, ['one', 'two', '', 'three']],
    [raw, ['one\ntwo\n\nthree']],
  ] as const) {
    await using stream = await Stream.open(path, { readOnly: true });
    assert.deepEqual(texts(stream.region('log') ?? []), expected);
  }
  fails('VARVE_CORRUPT', () => importPmemlog(source, `${target}.length`, { framing: 'length' }));
  fails('VARVE_EXISTS', () => importPmemlog(source, target));
  fails('VARVE_ARGUMENT', () => importPmemlog(source, `${target}.x`, { framing: 'words' as 'line' }));
  const big = create(`${source}.big`);
  big.append('x'.repeat(9000));
  big.close();
  fails('VARVE_FULL', () => importPmemlog(`${source}.big`, `${target}.small`, { size: '16KiB' }));
  fails('VARVE_NOT_FOUND', () => importPmemlog(`${source}.none`, `${target}.y`));
  assert.equal(readdirSync(join(target, '..')).length, 4);
});

test('a large pool is imported in pieces', async (t) => {
  const { source, target } = place(t);
  const pool = create(source, 12 * 2 ** 20);
  const lines = Array.from({ length: 3000 }, (_, i) => pattern((i * 37) % 4000, i).map((byte) => byte | 32));
  for (const line of lines) pool.appendv([line, '\n']);
  pool.close();
  assert.equal(importPmemlog(source, target).entries, 3000);
  await using stream = await Stream.open(target, { readOnly: true });
  let i = 0;
  for (const { data } of stream.region('log') ?? []) {
    assert.equal(Buffer.compare(data, lines[i] as Uint8Array), 0, `line ${i}`);
    i++;
  }
  assert.equal(i, 3000);
});
