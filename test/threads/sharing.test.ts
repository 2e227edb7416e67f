import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Stream, VoidMedium } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { filePlaceOn, memoryStream, onEveryFile, onEveryMedium } from '../helpers/media.js';
import { Thread } from './thread.js';

onEveryMedium('a stream that is shared is the same stream in the thread that attaches', async (t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB', { name: 'orders' });
  await region.append('before');
  const thread = await Thread.attach(t, stream);
  assert.deepEqual(await thread.do('texts', region.id), ['before']);
  assert.equal(await thread.do('named', 'orders'), region.id);
  assert.equal(await thread.do('append', region.id, 'from the thread'), 2);
  assert.equal(region.appendSync('and from here').timestamp, 3);
  assert.deepEqual(texts(region), ['before', 'from the thread', 'and from here']);
  assert.deepEqual(await thread.do('texts', 0), texts(stream.entries()));
  assert.equal(region.get(2)?.text(), 'from the thread');
  assert.deepEqual([stream.committed, stream.persisted], [3, 3]);
  assert.deepEqual(await thread.do('clock'), [3, 3]);
});

onEveryMedium('a handle serves any number of threads, and any thread can hand it on', async (t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const handle = structuredClone(stream.share());
  const first = await Thread.attach(t, { handle });
  const second = await Thread.attach(t, { handle });
  const third = await Thread.attach(t, { handle: await second.do('share') });
  for (const thread of [first, second, third]) await thread.do('append', region.id, 'x');
  assert.equal(texts(region).join(''), 'xxx');
});

test('a stream can be attached to in its own thread', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('64KiB');
  const other = await Stream.attach(stream.share());
  other.region(region.id)?.appendSync('one stream, two objects');
  assert.deepEqual(texts(region), ['one stream, two objects']);
  await other.close();
  assert.equal(stream.closed, false);
  region.appendSync('still here');
});

onEveryFile('a read-only stream is not shared: each thread opens it anew', async (t, place) => {
  const writer = await place.open();
  await (await writer.allocate('64KiB')).append('to be read');
  const stream = await place.open({ readOnly: true });
  fails('VARVE_READ_ONLY', () => stream.share());
  assert.deepEqual(texts(stream.entries()), ['to be read']);
  const thread = await Thread.attach(t, writer);
  await thread.do('append', 1, 'beside a reader');
  assert.deepEqual(texts(stream.entries()), ['to be read', 'beside a reader']);
});

test('a void medium serves one thread', async (t) => {
  const stream = await Stream.open(new VoidMedium('1MiB'));
  t.after(() => stream.close());
  fails('VARVE_ARGUMENT', () => stream.share());
  assert.equal((await stream.allocate('64KiB')).appendSync('goes on').timestamp, 1);
});

test('while a slot is open a stream is not shared for the first time', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('64KiB');
  const slot = region.reserve(8);
  fails('VARVE_BUSY', () => stream.share());
  slot.cancel();
  stream.share();
  region.reserve(8);
  stream.share();
});

test('what is no handle is refused', async () => {
  for (const wrong of [undefined, null, 1, 'handle', {}, [], new SharedArrayBuffer(64), { board: 1 }]) {
    await rejects('VARVE_ARGUMENT', Stream.attach(wrong as never));
  }
});

test('a handle means nothing in another process', (t) => {
  const stream = filePlaceOn(t, 'file').openSync();
  const handle = JSON.stringify(stream.share());
  const index = new URL('../../src/index.js', import.meta.url).href;
  const program = `
    import { Stream } from ${JSON.stringify(index)};
    await Stream.attach(${handle}).catch((error) => console.log(error.code, error instanceof TypeError));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  assert.equal(stdout, 'VARVE_ARGUMENT true\n', stderr);
});

test('what is closed can be neither shared nor attached to', async (t) => {
  const stream = memoryStream(t);
  const handle = stream.share();
  await stream.close();
  fails('VARVE_CLOSED', () => stream.share());
  await rejects('VARVE_CLOSED', Stream.attach(handle));
  const thread = Thread.start(t);
  await rejects('VARVE_CLOSED', thread.do('attach', handle));
});
