import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { check, checkVersion, create, type LogPool, MIN_POOL, open } from '../../src/pmemlog/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { pattern } from '../helpers/bytes.js';
import { fails } from '../helpers/errors.js';
import { temporaryDirectory } from '../helpers/media.js';
import { isConsistent } from './c-library.js';

function contents(pool: LogPool): Buffer {
  const chunks: Uint8Array[] = [];
  pool.walk((chunk) => chunks.push(chunk.slice()) > 0);
  return Buffer.concat(chunks);
}

test('what is appended is there, also when the pool is opened again', (t) => {
  const path = join(temporaryDirectory(t), 'log.pool');
  const pool = create(path);
  assert.equal(statSync(path).size, MIN_POOL);
  assert.deepEqual([pool.tell(), pool.nbyte(), pool.length], [0, MIN_POOL - 8192, MIN_POOL - 8192]);
  pool.append('one');
  pool.append(Uint8Array.of(0, 1, 0));
  pool.appendv(['two', new Uint8Array(0), Buffer.from('three')]);
  pool.append('');
  pool.appendv([]);
  assert.equal(contents(pool).toString('latin1'), 'one\x00\x01\x00twothree');
  pool.close();
  pool.close();
  fails('VARVE_CLOSED', () => pool.append('x'));
  fails('VARVE_CLOSED', () => pool.tell());
  using again = open(pathToFileURL(path));
  assert.equal(again.tell(), 14);
  again.append('!');
  assert.equal(contents(again).toString('latin1'), 'one\x00\x01\x00twothree!');
  again.rewind();
  assert.deepEqual([again.tell(), contents(again).length], [0, 0]);
  again.append('anew');
  assert.equal(contents(again).toString(), 'anew');
});

test('a walk goes over chunks until it is told to end, and over nothing once', (t) => {
  using pool = create(join(temporaryDirectory(t), 'log.pool'));
  const seen: number[] = [];
  const walk = (chunkSize: number, answer: (chunk: Uint8Array) => unknown): number[] => {
    seen.length = 0;
    pool.walk((chunk) => {
      seen.push(chunk.length);
      return answer(chunk);
    }, chunkSize);
    return [...seen];
  };
  assert.deepEqual(
    walk(0, () => true),
    [0],
  );
  assert.deepEqual(
    walk(4, () => true),
    [],
  );
  pool.append('ten bytes!');
  assert.deepEqual(
    walk(0, () => true),
    [10],
  );
  assert.deepEqual(
    walk(4, () => true),
    [4, 4, 2],
  );
  assert.deepEqual(
    walk(4, () => 1),
    [4, 4, 2],
  );
  assert.deepEqual(
    walk(5, () => true),
    [5, 5],
  );
  for (const end of [0, false, undefined])
    assert.deepEqual(
      walk(4, () => end),
      [4],
    );
  // What is appended within does not count.
  assert.deepEqual(
    walk(5, () => pool.append('more') === undefined),
    [5, 5],
  );
  assert.equal(pool.tell(), 18);
  fails('VARVE_ARGUMENT', () => pool.walk(() => 1, -1));
  fails('VARVE_ARGUMENT', () => pool.walk(undefined as unknown as () => void));
});

test('what does not fit is refused and changes nothing; what fits exactly is taken', (t) => {
  using pool = create(join(temporaryDirectory(t), 'log.pool'));
  const all = pattern(pool.nbyte(), 3);
  pool.append(all.subarray(0, 1001));
  fails('VARVE_FULL', () => pool.append(all));
  fails('VARVE_FULL', () => pool.appendv([all.subarray(1001), 'x']));
  assert.equal(pool.tell(), 1001);
  pool.append(all.subarray(1001));
  assert.equal(Buffer.compare(contents(pool), all), 0);
  fails('VARVE_FULL', () => pool.append('x'));
});

test('any sequence of appends of any sizes reads as one run of bytes', (t) => {
  const path = join(temporaryDirectory(t), 'log.pool');
  create(path).close();
  const random = seededRandom(7);
  let expected = Buffer.alloc(0);
  for (let round = 0; round < 40; round++) {
    using pool = open(path);
    if (random(8) === 0) {
      pool.rewind();
      expected = Buffer.alloc(0);
    }
    for (let i = random(12); i > 0; i--) {
      const bytes = pattern(random(random(4) === 0 ? 9000 : 40), random(1000));
      pool.append(bytes);
      expected = Buffer.concat([expected, bytes]);
    }
    assert.equal(Buffer.compare(contents(pool), expected), 0, `round ${round}`);
  }
  assert.notEqual(isConsistent(path), false);
});

test('a pool is made where nothing is, or in a blank file', (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'log.pool');
  create(path, MIN_POOL + 5000, 0o600).close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  fails('VARVE_EXISTS', () => create(path));
  fails('VARVE_EXISTS', () => create(path, 0));
  fails('VARVE_NOT_FOUND', () => open(join(directory, 'none')));
  fails('VARVE_NOT_FOUND', () => create(join(directory, 'none'), 0));
  for (const size of [1, MIN_POOL - 1, -1, 1.5, Number.NaN]) {
    fails('VARVE_ARGUMENT', () => create(join(directory, 'bad'), size));
  }
  fails('VARVE_ARGUMENT', () => open(7 as unknown as string));
  assert.ok(!existsSync(join(directory, 'bad')));
  const blank = join(directory, 'blank');
  writeFileSync(blank, '');
  fails('VARVE_NOT_A_STREAM', () => create(blank, 0));
  truncateSync(blank, MIN_POOL);
  const pool = create(blank, 0);
  pool.append('in a blank file');
  pool.close();
  assert.equal(check(blank), true);
});

test('one at a time has a pool open', (t) => {
  const path = join(temporaryDirectory(t), 'log.pool');
  const pool = create(path);
  fails('VARVE_LOCKED', () => open(path));
  assert.equal(check(path), true);
  pool.close();
  open(path).close();
});

test('every damaged header is told, and no pool is touched by it', (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'log.pool');
  create(path).close();
  const whole = readFileSync(path);
  const hurt = join(directory, 'hurt.pool');
  const cases: [name: string, codes: string, change: (bytes: Buffer) => unknown][] = [
    ['signature', 'VARVE_NOT_A_STREAM', (b) => b.write('PMEMBLK', 0)],
    ['version', 'VARVE_MISMATCH', (b) => b.writeUInt32LE(2, 8)],
    ['checksum', 'VARVE_CORRUPT', (b) => b.writeUInt8(1, 0xfff)],
    ['an unused byte', 'VARVE_CORRUPT', (b) => b.writeUInt8(1, 0x100)],
    ['shutdown state', 'VARVE_CORRUPT', (b) => b.writeUInt8(1, 0xfb8)],
    ['start', 'VARVE_CORRUPT', (b) => b.writeUInt32LE(0x3000, 0x1000)],
    ['end', 'VARVE_CORRUPT', (b) => b.writeUInt32LE(MIN_POOL - 4096, 0x1008)],
    ['write offset too low', 'VARVE_CORRUPT', (b) => b.writeUInt32LE(0x1fff, 0x1010)],
    ['write offset too high', 'VARVE_CORRUPT', (b) => b.writeUInt32LE(MIN_POOL + 1, 0x1010)],
    ['write offset beyond everything', 'VARVE_CORRUPT', (b) => b.fill(0xff, 0x1010, 0x1018)],
  ];
  for (const [name, codes, change] of cases) {
    const bytes = Buffer.from(whole);
    change(bytes);
    writeFileSync(hurt, bytes);
    fails(codes, () => open(hurt));
    assert.equal(check(hurt), false, name);
    assert.ok(readFileSync(hurt).equals(bytes), name);
  }
  // The checksum of such a pool leaves these words out.
  const bytes = Buffer.from(whole);
  bytes.writeUInt8(1, 0x900);
  writeFileSync(hurt, bytes);
  open(hurt).close();
  writeFileSync(hurt, whole.subarray(0, MIN_POOL - 4096));
  fails('VARVE_CORRUPT', () => open(hurt));
  writeFileSync(hurt, whole.subarray(0, 5000));
  fails('VARVE_NOT_A_STREAM', () => open(hurt));
  assert.equal(check(hurt), false);
});

test('the version of the interface is checked', () => {
  checkVersion(1, 0);
  checkVersion(1, 1);
  fails('VARVE_MISMATCH', () => checkVersion(1, 2));
  fails('VARVE_MISMATCH', () => checkVersion(2, 0));
});
