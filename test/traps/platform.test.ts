/** The facts of the platform that stand below the table of traps. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { Stream } from '../../src/index.js';
import { pattern, texts, utf8 } from '../helpers/bytes.js';
import { fails, isFailure, rejects } from '../helpers/errors.js';
import { type FilePlace, filePlaceOn, memoryStream, onEveryFile, onEveryMedium } from '../helpers/media.js';

/** An ArrayBuffer that may grow and shrink. */
function resizable(bytes: number, most: number): ArrayBuffer & { resize(bytes: number): void } {
  return Reflect.construct(ArrayBuffer, [bytes, { maxByteLength: most }]) as ArrayBuffer & {
    resize(bytes: number): void;
  };
}

test('a detached buffer is an error, not an empty entry', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('64KiB');
  const buffer = new ArrayBuffer(16);
  const views = [new Uint8Array(buffer), new DataView(buffer), new Float64Array(buffer), Buffer.from(buffer)];
  structuredClone(buffer, { transfer: [buffer] });
  for (const data of [buffer, ...views]) {
    fails('VARVE_ARGUMENT', () => region.appendSync(data));
    fails('VARVE_ARGUMENT', () => region.appendvSync(['x', data]));
    await rejects('VARVE_ARGUMENT', region.append(data));
    await rejects('VARVE_ARGUMENT', region.appendv([data]));
  }
  assert.deepEqual([stream.committed, texts(region)], [0, []]);
});

test('a buffer that is detached after the call has been copied before', async (t) => {
  const region = memoryStream(t).allocateSync('64KiB');
  const data = utf8('taken in time');
  const pending = region.append(data);
  structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] });
  assert.equal((await pending).text(), 'taken in time');
});

test('resizable buffers: what they hold at the time of the call', async (t) => {
  const region = memoryStream(t).allocateSync('64KiB');
  const buffer = resizable(8, 64);
  const tracking = new Uint8Array(buffer);
  tracking.set(utf8('12345678'));
  assert.equal(region.appendSync(buffer).text(), '12345678');
  buffer.resize(12);
  tracking.set(utf8('abcd'), 8);
  assert.equal(region.appendSync(tracking).text(), '12345678abcd');
  assert.equal((await region.append(buffer)).text(), '12345678abcd');
  const fixed = new Uint8Array(buffer, 4, 8);
  const [pending, behind] = [region.append(fixed), new DataView(buffer, 4, 8)];
  buffer.resize(4);
  assert.equal((await pending).text(), '5678abcd');
  assert.equal(region.appendSync(tracking).text(), '1234');
  // Views that reach beyond what is left have no bytes to give.
  for (const data of [fixed, behind]) {
    try {
      assert.equal(region.appendSync(data).size, 0);
    } catch (error) {
      assert.ok(isFailure(error, ['VARVE_ARGUMENT']), String(error));
    }
  }
});

test('buffers and views from another realm are buffers and views', (t) => {
  const region = memoryStream(t).allocateSync('64KiB');
  const setUp =
    'const a = Uint8Array.of(1, 2, 3); const s = new SharedArrayBuffer(3); new Uint8Array(s).set(a);';
  for (const code of ['a', 'a.buffer', 'new DataView(a.buffer)', 's', 'new Uint8Array(s)']) {
    const data = runInNewContext(`${setUp} ${code}`) as Uint8Array;
    assert.deepEqual(region.appendSync(data).copy(), Uint8Array.of(1, 2, 3), code);
  }
});

onEveryMedium(
  'shared memory that changes meanwhile: copied once, and the checksum is that of the copy',
  async (_t, place) => {
    const stream = await place.open();
    const region = await stream.allocate('512KiB');
    const shared = new SharedArrayBuffer(4096);
    const bytes = new Uint8Array(shared);
    const pending = [];
    for (let index = 0; index < 40; index += 1) {
      bytes.fill(index);
      pending.push(region.append(index % 2 === 0 ? shared : bytes));
      bytes.fill(0xee);
    }
    await Promise.all(pending);
    const { id } = region;
    await stream.close();
    const again = await place.open();
    const entries = [...(again.region(id) ?? [])];
    assert.equal(entries.length, 40);
    for (const [index, entry] of entries.entries())
      assert.deepEqual(entry.copy(), new Uint8Array(4096).fill(index));
    assert.ok((await again.check()).ok);
  },
);

/** The entries of a closed stream and of a crashed one, six times 600 bytes a page. */
async function pagesOfEntries(place: FilePlace): Promise<Record<'closed' | 'crashed', Buffer>> {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  for (let index = 0; index < 20; index += 1) region.appendSync(`<<entry ${index}>>${'.'.repeat(590)}`);
  const crashed = readFileSync(place.path);
  await stream.close();
  return { crashed, closed: readFileSync(place.path) };
}

onEveryFile('an all-zero page is no run of empty entries', async (_t, place) => {
  const files = await pagesOfEntries(place);
  for (const [name, file] of Object.entries(files)) {
    const start = file.indexOf('<<entry 0>>') - 16;
    writeFileSync(place.path, file.fill(0, start, start + 4096));
    const read = async (): Promise<void> => {
      const again = await place.open({ readOnly: true });
      try {
        assert.deepEqual(texts(again.entries()), []);
      } finally {
        await again.close();
      }
    };
    await assert.rejects(read, (error) => isFailure(error, ['VARVE_CORRUPT']), `zeroes in a ${name} stream`);
  }
});

onEveryFile('a region of zeroes that a crash left holds nothing', async (_t, place) => {
  const { crashed } = await pagesOfEntries(place);
  const start = crashed.indexOf('<<entry 0>>') - 16;
  writeFileSync(place.path, crashed.fill(0, start, start + 65_536));
  const again = await place.open();
  assert.deepEqual(texts(again.entries()), []);
});

onEveryMedium('views that someone takes away or changes hurt nobody else', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const entry = region.appendSync('small');
  const clone = structuredClone(entry.data);
  assert.deepEqual(Buffer.from(clone).toString(), 'small');
  const copy = entry.copy();
  structuredClone(copy, { transfer: [copy.buffer as ArrayBuffer] });
  assert.equal(entry.text(), 'small');
  region.appendSync('next');
  assert.deepEqual(texts(region), ['small', 'next']);
});

onEveryMedium('a view of a freed region cannot reach what is there now', async (_t, place) => {
  const stream = await place.open();
  for (let life = 0; life < 3; life += 1) {
    const old = await stream.allocate(stream.available);
    const { data } = old.appendSync('x'.repeat(1000));
    const slot = old.reserve(1000);
    const views = [data, slot.data];
    slot.cancel();
    await old.free();
    const region = await stream.allocate(stream.available);
    const entry = region.appendSync('y'.repeat(3000));
    for (const view of views) for (let at = 0; at < view.length; at += 1) view[at] = 0x21;
    assert.equal(entry.text(), 'y'.repeat(3000));
    await stream.persist();
    assert.ok((await stream.check()).ok);
    await region.free();
  }
});

onEveryFile('a view stolen from the medium: no false acknowledgement, no dead process', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB', { name: 'stolen' });
  await region.append('before');
  const { data } = region.appendSync('thief');
  try {
    structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] });
  } catch (error) {
    assert.equal((error as Error).name, 'DataCloneError');
  }
  const acknowledged = ['before', 'thief'];
  const attempts = [
    () => acknowledged.push(region.appendSync('after').size === 5 ? 'after' : '?'),
    () => acknowledged.push(region.appendSync('').size === 0 ? '' : '?'),
    () => texts(region),
    () => stream.persistSync(),
    () => stream.closeSync(),
  ];
  for (const attempt of attempts) {
    try {
      attempt();
    } catch (error) {
      assert.ok(error instanceof Error, String(error));
    }
  }
  const again = await place.open();
  assert.deepEqual(texts(again.entries()), acknowledged);
});

test('sizes beyond what typed arrays reach are errors', (t) => {
  const stream = memoryStream(t);
  fails('VARVE_ARGUMENT|VARVE_FULL', () => stream.allocateSync('4GiB'));
  fails('VARVE_ARGUMENT|VARVE_FULL', () => stream.allocateSync(2 ** 53 - 1));
  const region = stream.allocateSync(4096);
  fails('VARVE_ARGUMENT|VARVE_FULL', () => region.reserve(2 ** 32));
  fails('VARVE_ARGUMENT|VARVE_FULL', () => region.reserve(2 ** 32 - 8));
  fails('VARVE_ARGUMENT|VARVE_FULL', () => region.reserve(2 ** 53 - 1));
  region.appendSync(pattern(10, 1));
  assert.equal([...region].length, 1);
});

test('a region of the greatest size, in a sparse stream', async (t) => {
  const place = filePlaceOn(t, 'file', '10GiB');
  const stream = await place.open();
  const most = 2 ** 32 - 4096;
  fails('VARVE_ARGUMENT|VARVE_FULL', () => stream.allocateSync(most + 1));
  const region = stream.allocateSync(most);
  const second = stream.allocateSync(most);
  assert.equal(region.size, most);
  for (const text of ['one', 'two']) region.appendSync(text);
  second.appendSync('beyond 4 GiB');
  await stream.close();
  const again = await Stream.open(place.path, { medium: 'file' });
  assert.deepEqual(texts(again.entries()), ['one', 'two', 'beyond 4 GiB']);
  await again.close();
});
