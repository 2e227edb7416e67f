import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { feed, feedProcess, MAIN, newStream, output, start } from './varve.js';

async function entriesOf(path: string, region?: string): Promise<Buffer[]> {
  const stream = await Stream.open(path, { mode: 'open', readOnly: true });
  const source = region === undefined ? stream.entries() : (stream.region(region)?.entries() ?? []);
  const entries = Array.from(source, (entry) => Buffer.from(entry.copy()));
  await stream.close();
  return entries;
}

test('a line is an entry: empty ones, one without a newline, and bytes that are no text', async (t) => {
  const path = await newStream(t, 'lines');
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 10));
  const input = Buffer.concat([Buffer.from('first\n\nthird\r\n'), bytes, Buffer.from('\nlast')]);
  const { code, stdout, stderr } = await feed(input, 'append', path);
  assert.deepEqual([code, stdout.toString()], [0, '']);
  assert.match(stderr, /^varve: appended to region 'lines' and persisted: 5 entries, .*\n$/);
  const expected = ['first', '', 'third\r', bytes, 'last'].map((line) => Buffer.from(line));
  assert.deepEqual(await entriesOf(path), expected);
});

test('raw takes all of the input as one entry, length what its frames say', async (t) => {
  const path = await newStream(t, 'raw', 'framed');
  await feed('one\nentry\n', 'append', path, 'raw', '--framing', 'raw');
  const frames = Buffer.from('\x03\0\0\0a\nb\0\0\0\0\x01\0\0\0\xff', 'latin1');
  await feed(frames, 'append', path, 'framed', '--framing', 'length');
  assert.deepEqual(await entriesOf(path, 'raw'), [Buffer.from('one\nentry\n')]);
  assert.deepEqual(await entriesOf(path, 'framed'), [
    Buffer.from('a\nb'),
    Buffer.alloc(0),
    Buffer.from([0xff]),
  ]);
});

test('a frame that comes in pieces is one entry', async (t) => {
  const path = await newStream(t, 'framed');
  const child = start('append', path, '--framing', 'length');
  const ended = new Promise((resolve) => child.on('close', resolve));
  for (const piece of ['\x0b\0', '\0\0he', 'llo ', 'world\x01\0\0', '\0!']) {
    child.stdin.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  child.stdin.end();
  assert.equal(await ended, 0);
  assert.deepEqual(await entriesOf(path), [Buffer.from('hello world'), Buffer.from('!')]);
});

test('an input that ends inside a frame fails, and keeps the entries before it', async (t) => {
  const path = await newStream(t, 'framed');
  const { code, stderr } = await feed('\x01\0\0\0a\x05\0\0\0b', 'append', path, '--framing', 'length');
  assert.equal(code, 1);
  assert.match(stderr, /^varve: .*ends inside.*1 entry was taken.*\(VARVE_CORRUPT\)\n$/);
  assert.deepEqual(await entriesOf(path), [Buffer.from('a')]);
});

test('a full region ends it with 1, and says truly how many entries it took', async (t) => {
  const path = await newStream(t, 'small');
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}`);
  const { code, stdout, stderr } = await feed(lines.join('\n'), 'append', path, 'small');
  assert.deepEqual([code, stdout.toString()], [1, '']);
  const [, taken] =
    /; ([\d,]+) entries were taken before that, all of them durable \(VARVE_FULL\)\n$/.exec(stderr) ?? [];
  const entries = await entriesOf(path);
  assert.equal(entries.length, Number(taken?.replaceAll(',', '')));
  assert.ok(entries.length > 1000);
  assert.deepEqual(entries.map(String), lines.slice(0, entries.length));
});

test('what is larger than the region is refused before it is gathered', async (t) => {
  const path = await newStream(t, 'small');
  const large = Buffer.alloc(200_000, 'x');
  for (const framing of ['line', 'raw']) {
    const { code, stderr } = await feed(large, 'append', path, '--framing', framing);
    assert.equal(code, 1);
    assert.match(stderr, /\(VARVE_FULL\)\n$/);
  }
  // Only the head of a frame comes, nothing else ever does: waiting for the rest would be waiting for ever.
  const child = start('append', path, '--framing', 'length');
  child.stdin.on('error', () => {});
  child.stdin.write('\xff\xff\xff\xff', 'latin1');
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 1);
});

test('the region is the one named, the only one, or a new one', async (t) => {
  const path = await newStream(t);
  const none = await feed('x', 'append', path);
  assert.deepEqual([none.code, none.stderr.includes('has no regions')], [1, true]);
  await feed('1', 'append', path, 'a', '--allocate', '16KiB');
  await feed('2', 'append', path, 'a', '--allocate', '16KiB');
  await feed('3', 'append', path);
  await feed('4', 'append', path, '1');
  await feed('5', 'append', path, 'b', '--allocate', '8192');
  assert.deepEqual((await entriesOf(path, 'a')).map(String), ['1', '2', '3', '4']);
  assert.deepEqual((await entriesOf(path, 'b')).map(String), ['5']);
  for (const args of [[], ['c']]) {
    const { code, stderr } = await feed('x', 'append', path, ...args);
    assert.equal(code, 1);
    assert.match(stderr, /one of its 2 regions: a, b \(VARVE_NOT_FOUND\)\n$/);
  }
});

test('a directory as standard input is an error, not an empty input', async (t) => {
  const path = await newStream(t, 'a');
  const directory = openSync(dirname(path), 'r');
  t.after(() => closeSync(directory));
  const child = spawn(process.execPath, [MAIN, 'append', path], { stdio: [directory, 'ignore', 'ignore'] });
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
});

test('200,000 lines go in and come out again as they were', async (t) => {
  const path = `${await newStream(t)}.large`;
  await output('create', path, '--size', '16MiB');
  const input = Array.from({ length: 200_000 }, (_, i) => `${i % 977}\n`).join('');
  const { code, stderr } = await feedProcess(input, 'append', path, 'many', '--allocate', '15MiB', '--json');
  assert.equal(code, 0);
  const summary = JSON.parse(stderr);
  assert.deepEqual([summary.entries, summary.bytes], [200_000, input.length - 200_000]);
  assert.equal(typeof summary.seconds, 'number');
  assert.equal((await feedProcess('', 'cat', path, 'many')).stdout.toString(), input);
});
