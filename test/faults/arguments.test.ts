import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MemoryMedium, Stream, VoidMedium } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { memoryStream, temporaryDirectory } from '../helpers/media.js';

const NO_SIZES: readonly unknown[] = [
  Number.NaN,
  -1,
  1.5,
  Infinity,
  -Infinity,
  2 ** 53,
  8n,
  null,
  true,
  {},
  [],
  [8],
  Symbol('size'),
  () => 8,
  new Date(8),
];
const NO_SIZE_TEXTS: readonly string[] = [
  '8',
  '',
  ' ',
  'MiB',
  '-1MiB',
  '1 mib',
  '1MB',
  '0x10',
  '1e3',
  '1KiB ',
  '1,5MiB',
  '9007199254740993B',
  '8388609GiB',
];
const NO_OBJECTS: readonly unknown[] = [null, 1, 'options', true, Symbol('options')];

function assertUnchanged(stream: Stream): void {
  assert.deepEqual(
    Array.from(stream.regions(), (region) => [region.id, region.name, region.size]),
    [[1, 'kept', 4096]],
  );
  assert.deepEqual(texts(stream.entries()), ['kept']);
  assert.equal(stream.committed, 1);
}

function streamToKeep(t: TestContext): Stream {
  const stream = memoryStream(t);
  stream.allocateSync(4096, { name: 'kept' }).appendSync('kept');
  return stream;
}

test('sizes of media', () => {
  for (const size of [...NO_SIZES, ...NO_SIZE_TEXTS, undefined] as number[]) {
    fails('VARVE_ARGUMENT', () => new MemoryMedium(size));
    fails('VARVE_ARGUMENT', () => new VoidMedium(size));
  }
});

test('sizes of streams', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'never');
  for (const size of [...NO_SIZES, ...NO_SIZE_TEXTS] as number[]) {
    await rejects('VARVE_ARGUMENT', Stream.open(path, { size }));
    fails('VARVE_ARGUMENT', () => Stream.openSync(path, { size }));
    fails('VARVE_ARGUMENT', () => Stream.openSync(new MemoryMedium('1MiB'), { size }));
  }
  assert.deepEqual(readdirSync(directory), []);
});

test('sizes and names of regions', async (t) => {
  const stream = streamToKeep(t);
  const { available } = stream;
  for (const size of [...NO_SIZES, ...NO_SIZE_TEXTS, undefined, 0] as number[]) {
    await rejects('VARVE_ARGUMENT', stream.allocate(size));
    fails('VARVE_ARGUMENT', () => stream.allocateSync(size, { name: 'new' }));
  }
  for (const name of [
    1,
    null,
    true,
    {},
    [],
    1n,
    Symbol('name'),
    Buffer.from('name'),
  ] as unknown as string[]) {
    await rejects('VARVE_ARGUMENT', stream.allocate(4096, { name }));
    fails('VARVE_ARGUMENT', () => stream.allocateSync(4096, { name }));
  }
  for (const key of [null, undefined, true, {}, [], 1n, Symbol('key')] as unknown as string[]) {
    fails('VARVE_ARGUMENT', () => stream.region(key));
  }
  assert.equal(stream.available, available);
  assertUnchanged(stream);
});

test('options of the opening', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'never');
  const wrong: Record<string, readonly unknown[]> = {
    mode: ['append', '', 1, null, {}],
    readOnly: ['yes', 1, null, {}],
    blockSize: [...NO_SIZES, '4096', 63, 96, 2 ** 31],
    medium: ['disk', '', 'memory', 1, null, {}],
    onProgress: ['f', 1, {}, null],
    signal: ['s', 1, {}, null],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      await rejects('VARVE_ARGUMENT', Stream.open(path, { size: '1MiB', [name]: value }));
      fails('VARVE_ARGUMENT', () => Stream.openSync(path, { size: '1MiB', [name]: value }));
    }
  }
  for (const options of NO_OBJECTS as object[]) await rejects('VARVE_ARGUMENT', Stream.open(path, options));
  for (const target of [undefined, null, 1, '', {}, [], true, 'a\0b', Symbol('t')] as string[]) {
    await rejects('VARVE_ARGUMENT', Stream.open(target, { size: '1MiB' }));
    fails('VARVE_ARGUMENT', () => Stream.openSync(target, { size: '1MiB' }));
    await rejects('VARVE_ARGUMENT', Stream.check(target));
  }
  assert.deepEqual(readdirSync(directory), []);
});

test('options of appending and reading', async (t) => {
  const stream = streamToKeep(t);
  const region = stream.region('kept');
  assert.ok(region !== undefined);
  for (const until of ['', 'sometime', 1, null, true, {}] as 'persisted'[]) {
    fails('VARVE_ARGUMENT', () => region.appendSync('x', { until }));
    await rejects('VARVE_ARGUMENT', region.append('x', { until }));
    await rejects('VARVE_ARGUMENT', region.appendv(['x'], { until }));
    fails('VARVE_ARGUMENT', () => [...region.entries({ until })]);
    const slot = region.reserve(8);
    fails('VARVE_ARGUMENT', () => slot.publishSync(8, { until }));
    await rejects('VARVE_ARGUMENT', slot.publish(8, { until }));
    slot.cancel();
  }
  for (const options of NO_OBJECTS as object[]) {
    fails('VARVE_ARGUMENT', () => region.appendSync('x', options));
    await rejects('VARVE_ARGUMENT', region.append('x', options));
    fails('VARVE_ARGUMENT', () => [...region.entries(options)]);
    await rejects('VARVE_ARGUMENT', stream.allocate(4096, options));
  }
  for (const parts of [
    undefined,
    null,
    1,
    true,
    {},
    'text',
    new Uint8Array(3),
    new ArrayBuffer(3),
  ] as unknown as string[][]) {
    fails('VARVE_ARGUMENT', () => region.appendvSync(parts));
    await rejects('VARVE_ARGUMENT', region.appendv(parts));
  }
  for (const reverse of ['yes', 1, null] as unknown as boolean[])
    fails('VARVE_ARGUMENT', () => [...region.entries({ reverse })]);
  assertUnchanged(stream);
});

test('places to follow from', async (t) => {
  const stream = streamToKeep(t);
  for (const from of [-1, 0.5, Number.NaN, 2 ** 53, '1', 1n, null, {}] as number[]) {
    await rejects('VARVE_ARGUMENT', (async () => stream.tail({ from })[Symbol.asyncIterator]().next())());
    await rejects(
      'VARVE_ARGUMENT',
      (async () => stream.region('kept')?.tail({ from })[Symbol.asyncIterator]().next())(),
    );
  }
  for (const signal of ['s', 1, {}, null] as unknown as AbortSignal[]) {
    await rejects('VARVE_ARGUMENT', (async () => stream.tail({ signal })[Symbol.asyncIterator]().next())());
  }
  assertUnchanged(stream);
});

test('a message says what was asked, what is the case, and what to do', (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync(4096, { name: 'small' });
  const messages: [RegExp, () => unknown][] = [
    [/5000.*4080|4080.*5000/s, () => region.appendSync(new Uint8Array(5000))],
    [/small/, () => stream.allocateSync(4096, { name: 'small' })],
    [/2(\.0)? ?MiB|2097152/, () => stream.allocateSync('2MiB')],
    [/NaN/, () => stream.allocateSync(Number.NaN)],
  ];
  for (const [expected, action] of messages) assert.throws(action, { message: expected });
});
