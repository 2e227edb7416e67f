import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryDirectory } from '../helpers/media.js';
import { feed, newStream, output, start, varve } from './varve.js';

/** Two regions with entries in turn: timestamps 1, 3 in `a`; 2, 4 in `b`. */
async function twoRegions(t: TestContext): Promise<string> {
  const path = await newStream(t, 'a', 'b');
  for (const [region, text] of Object.entries({ a: 'one', b: 'two' }))
    await feed(text, 'append', path, region);
  for (const [region, text] of Object.entries({ a: 'three', b: 'four' }))
    await feed(text, 'append', path, region);
  return path;
}

/** What the timestamps of a stream's entries are. After reopening they go on with a gap where the stream was not closed well. */
async function timestampsOf(path: string): Promise<number[]> {
  const lines = (await output('cat', path, '--json')).trim().split('\n');
  return lines.map((line) => JSON.parse(line).timestamp);
}

test('entries of one region, or of all in their global order', async (t) => {
  const path = await twoRegions(t);
  assert.equal(await output('cat', path, 'a'), 'one\nthree\n');
  assert.equal(await output('cat', path, '2'), 'two\nfour\n');
  assert.equal(await output('cat', path), 'one\ntwo\nthree\nfour\n');
});

test('--from and --reverse', async (t) => {
  const path = await twoRegions(t);
  const [, second = 0, third = 0] = await timestampsOf(path);
  assert.equal(await output('cat', path, '--from', `${second}`), 'two\nthree\nfour\n');
  assert.equal(await output('cat', path, 'a', '--from', `${second}`), 'three\n');
  assert.equal(await output('cat', path, '--from', '9007199254740991'), '');
  assert.equal(await output('cat', path, 'b', '--reverse'), 'four\ntwo\n');
  assert.equal(await output('cat', path, '--reverse'), 'four\nthree\ntwo\none\n');
  assert.equal(await output('cat', path, '--reverse', '--from', `${third}`), 'three\ntwo\none\n');
});

test('--json tells region, name, timestamp, size, and text or base64', async (t) => {
  const path = await newStream(t, 'named');
  await output('regions', 'allocate', path, '4096');
  await feed('grüße', 'append', path, 'named');
  await feed(new Uint8Array([0xff, 0]), 'append', path, '2');
  const [text, binary] = (await output('cat', path, '--json'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { timestamp, ...rest } = text;
  assert.ok(timestamp >= 1);
  assert.deepEqual(rest, { region: 1, name: 'named', size: 7, text: 'grüße' });
  assert.ok(binary.timestamp > timestamp);
  assert.deepEqual({ ...binary, timestamp: 0 }, { region: 2, timestamp: 0, size: 2, base64: '/wA=' });
});

test('--hex writes an entry a line', async (t) => {
  const path = await newStream(t, 'a');
  await feed('\x00\xffz\n\n', 'append', path);
  assert.equal(await output('cat', path, '--hex'), '00c3bf7a\n\n');
});

test('every framing brings back exactly what it took, bytes of any kind', async (t) => {
  const path = await newStream(t, 'line', 'raw', 'length');
  const bytes = Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * 7919) % 251));
  const inputs = {
    line: Buffer.concat([bytes, Buffer.from('\n')]),
    raw: bytes,
    length: Buffer.concat([Buffer.from([0x30, 0x75, 0, 0]), bytes, Buffer.alloc(4)]),
  };
  for (const [framing, input] of Object.entries(inputs)) {
    await feed(input, 'append', path, framing, '--framing', framing);
    const { code, stdout } = await varve('cat', path, framing, '--framing', framing);
    assert.equal(code, 0);
    assert.ok(stdout.equals(input), framing);
  }
});

test('a reader that goes away ends it quietly', async (t) => {
  const path = join(temporaryDirectory(t), 'long.varve');
  await output('create', path, '--size', '8MiB');
  const line = `${'x'.repeat(99)}\n`;
  await feed(line.repeat(50_000), 'append', path, 'long', '--allocate', '7MiB');
  for (const option of ['--json', '--hex', '--framing=line']) {
    const child = start('cat', path, option);
    let complaints = '';
    child.stderr.on('data', (text) => {
      complaints += text;
    });
    const closed = once(child, 'close');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code, signal] = await closed;
    assert.deepEqual([code, signal, complaints], [0, null, ''], option);
  }
});

test('--follow gives what is there and what other processes append later', async (t) => {
  const path = await newStream(t, 'a', 'b');
  await feed('before\n', 'append', path, 'a');
  const followers = [['a'], []].map((region) => start('cat', path, ...region, '--follow'));
  for (const child of followers) t.after(() => child.kill('SIGKILL'));
  const texts = followers.map((child) => collect(child.stdout));
  await Promise.all(texts.map((text) => text.until('before\n')));
  await feed('elsewhere\n', 'append', path, 'b');
  await feed('after\nall\n', 'append', path, 'a');
  const [ofRegion, ofStream] = texts;
  assert.equal(await ofRegion?.until('all\n'), 'before\nafter\nall\n');
  assert.equal(await ofStream?.until('all\n'), 'before\nelsewhere\nafter\nall\n');
});

test('--follow ends quietly when its reader goes away', async (t) => {
  const path = await newStream(t, 'a');
  await feed('before\n', 'append', path);
  const child = start('cat', path, '--follow');
  t.after(() => child.kill('SIGKILL'));
  const closed = once(child, 'close');
  let complaints = '';
  child.stderr.on('data', (text) => {
    complaints += text;
  });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  await feed('after\n', 'append', path);
  const [code, signal] = await closed;
  assert.deepEqual([code, signal, complaints], [0, null, '']);
});

/** Gathers what comes; `until` resolves once it ends in `ending`. */
function collect(stream: NodeJS.ReadableStream): { until(ending: string): Promise<string> } {
  let text = '';
  stream.on('data', (bytes) => {
    text += bytes;
  });
  return {
    async until(ending) {
      while (!text.endsWith(ending)) await once(stream, 'data');
      return text;
    },
  };
}
