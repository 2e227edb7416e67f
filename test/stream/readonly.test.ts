import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { onEveryFile, temporaryDirectory } from '../helpers/media.js';

onEveryFile('a read-only stream reads a read-only file and refuses every change', async (_t, place) => {
  const writer = await place.open();
  const written = await writer.allocate('64KiB', { name: 'orders' });
  for (const text of ['one', 'two', 'three']) written.appendSync(text);
  await writer.close();
  chmodSync(place.path, 0o444);
  const before = readFileSync(place.path);
  const changed = statSync(place.path).mtimeMs;

  const stream = await place.open({ readOnly: true });
  assert.equal(stream.readOnly, true);
  assert.equal(stream.medium.kind, place.kind);
  const region = stream.region('orders');
  assert.ok(region !== undefined);
  assert.deepEqual(texts(region), ['one', 'two', 'three']);
  assert.deepEqual(texts(region.entries({ reverse: true })), ['three', 'two', 'one']);
  assert.equal(region.get(2)?.text(), 'two');
  assert.deepEqual(texts(stream.entries()), ['one', 'two', 'three']);
  assert.ok((await stream.check()).ok);

  await rejects('VARVE_READ_ONLY', region.append('no'));
  await rejects('VARVE_READ_ONLY', region.appendv(['n', 'o']));
  await rejects('VARVE_READ_ONLY', region.clear());
  await rejects('VARVE_READ_ONLY', region.free());
  await rejects('VARVE_READ_ONLY', stream.allocate(4096));
  fails('VARVE_READ_ONLY', () => region.appendSync('no'));
  fails('VARVE_READ_ONLY', () => region.appendvSync(['n', 'o']));
  fails('VARVE_READ_ONLY', () => region.reserve(8));
  fails('VARVE_READ_ONLY', () => region.clearSync());
  fails('VARVE_READ_ONLY', () => region.freeSync());
  fails('VARVE_READ_ONLY', () => stream.allocateSync(4096));
  await stream.close();
  assert.deepEqual(readFileSync(place.path), before);
  assert.equal(statSync(place.path).mtimeMs, changed);
});

onEveryFile('many readers at once, and a writer after them', async (_t, place) => {
  const writer = await place.open();
  (await writer.allocate(4096)).appendSync('shared');
  await writer.close();
  const readers = await Promise.all([1, 2, 3].map(() => place.open({ readOnly: true })));
  for (const reader of readers) assert.deepEqual(texts(reader.entries()), ['shared']);
  const next = await place.open();
  await next.close();
  for (const reader of readers) await reader.close();
});

onEveryFile(
  'writing into the data of a read-only stream kills nobody and leaves the file alone',
  async (_t, place) => {
    const writer = await place.open();
    (await writer.allocate(4096)).appendSync('untouchable');
    await writer.close();
    const before = readFileSync(place.path);
    const stream = await place.open({ readOnly: true });
    for (const entry of stream.entries()) entry.data.fill(0x21);
    await stream.close();
    assert.deepEqual(readFileSync(place.path), before);
  },
);

test('read-only never creates', async (t) => {
  const path = join(temporaryDirectory(t), 'missing');
  await rejects('VARVE_NOT_FOUND', Stream.open(path, { readOnly: true }));
  await rejects('VARVE_NOT_FOUND|VARVE_ARGUMENT', Stream.open(path, { readOnly: true, size: '1MiB' }));
  fails('VARVE_NOT_FOUND', () => Stream.openSync(path, { readOnly: true }));
  await rejects(
    'VARVE_ARGUMENT|VARVE_NOT_FOUND',
    Stream.open(path, { readOnly: true, mode: 'create', size: '1MiB' }),
  );
  assert.ok(!existsSync(path));
});
