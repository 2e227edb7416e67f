import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { mock, type TestContext, test } from 'node:test';
import { loadAddon } from '../../src/base/native-loader.js';
import { Stream } from '../../src/index.js';
import { payloads, texts } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import {
  FILE_KINDS,
  type FilePlace,
  filePlaceOn,
  onEveryFile,
  problemOf,
  temporaryDirectory,
} from '../helpers/media.js';
import { DiskModel } from './disk-model.js';
import { openFilesIn } from './judging.js';
import { Seams } from './seams.js';

function errno(code: string): () => never {
  return () => {
    throw Object.assign(new Error(`${code}: injected`), { code });
  };
}

onEveryFile('a descriptor whose closing fails keeps nothing else from being let go', async (t, place) => {
  if (process.platform !== 'linux') return t.skip('this system does not tell what a process holds');
  const close = fs.closeSync;
  const failing = mock.method(fs, 'closeSync', (fd: number) => {
    close(fd);
    errno('EIO')();
  });
  t.after(() => failing.mock.restore());
  const stream = await place.open();
  (await stream.allocate(4096, { name: 'r' })).appendSync('kept');
  await stream.close();
  await rejects('VARVE_MISMATCH', place.open({ blockSize: 64 }));
  const again = await place.open();
  assert.deepEqual(texts(again.entries()), ['kept']);
  await again.close();
  assert.deepEqual(openFilesIn(place.path), []);
});

test('a device that takes no byte is an error, not a loop without an end', (t) => {
  const place = filePlaceOn(t, 'file');
  const stream = place.openSync();
  const region = stream.allocateSync(8192, { name: 'r' });
  region.appendSync('before');
  const nothing = mock.method(fs, 'writeSync', () => 0);
  fails('VARVE_IO', () => region.appendSync('refused for now'));
  nothing.mock.restore();
  region.appendSync('after');
  stream.closeSync();
  assert.deepEqual(texts(place.openSync().entries()), ['before', 'refused for now', 'after']);
});

test('the system does not tell about a file: an error with a code, and nothing stays open', async (t) => {
  if (process.platform !== 'linux') return t.skip('this system does not tell what a process holds');
  const place = filePlaceOn(t, 'file');
  await (await place.open()).close();
  for (const code of ['EIO', 'ENOMEM']) {
    const failing = mock.method(fs, 'fstatSync', errno(code));
    await rejects('VARVE_IO', place.open());
    await rejects('VARVE_IO', place.open({ readOnly: true }));
    failing.mock.restore();
    assert.deepEqual(openFilesIn(place.path), []);
  }
});

test('a new file whose other name cannot be removed is not there, and is no file of somebody else', (t) => {
  const path = join(temporaryDirectory(t), 'stream');
  const unlink = fs.unlinkSync;
  let refusals = 1;
  const failing = mock.method(fs, 'unlinkSync', (name: string) =>
    refusals-- > 0 ? errno('EPERM')() : unlink(name),
  );
  t.after(() => failing.mock.restore());
  fails('VARVE_IO', () => Stream.openSync(path, { size: '64KiB', mode: 'create' }));
  assert.deepEqual(fs.readdirSync(join(path, '..')), []);
});

test('no memory for a large append: the smaller ones after it are written as ever', (t) => {
  const place = filePlaceOn(t, 'file');
  const stream = place.openSync();
  const region = stream.allocateSync('256KiB', { name: 'r' });
  region.appendSync('before');
  const seams = new Seams();
  t.after(() => seams.remove());
  seams.arm([{ at: 1, trouble: 'ENOMEM', lasting: false }]);
  assert.throws(() => region.appendSync(Buffer.alloc(100_000, 1)), RangeError);
  seams.disarm();
  region.appendSync('after');
  assert.deepEqual(texts(region), ['before', 'after']);
  stream.closeSync();
  assert.deepEqual(texts(place.openSync().entries()), ['before', 'after']);
});

test('no memory in the midst of a change: poisoned, and reopening finds everything', (t) => {
  const seams = new Seams();
  t.after(() => seams.remove());
  const fill = (): [FilePlace, Stream] => {
    const place = filePlaceOn(t, 'file');
    const stream = place.openSync();
    // With the next one the table has to grow.
    for (let count = 0; count < 15; count += 1) stream.allocateSync(4096).appendSync(`${count}`);
    return [place, stream];
  };
  const [, measured] = fill();
  seams.arm([]);
  measured.allocateSync(4096);
  const at = seams.calls.indexOf('memory.Uint32Array') + 1;
  assert.ok(at > 0, 'growing takes memory');
  const [place, stream] = fill();
  seams.arm([{ at, trouble: 'ENOMEM', lasting: false }]);
  fails('VARVE_POISONED', () => stream.allocateSync(4096));
  fails('VARVE_POISONED', () => stream.allocateSync(4096));
  fails('VARVE_POISONED', () => stream.closeSync());
  seams.disarm();
  assert.equal(texts(place.openSync().entries()).length, 15);
});

test('pages that cannot be given back at closing keep neither lock nor descriptors', async (t) => {
  const addon = loadAddon();
  if (addon === undefined) return t.skip(`${problemOf('page-cache')}`);
  const place = filePlaceOn(t, 'page-cache');
  const stream = await place.open();
  for (const name of ['a', 'b']) (await stream.allocate(4096, { name })).appendSync(name);
  const unmap = addon.unmap.bind(addon);
  const failing = mock.method(addon, 'unmap', (mapping: number) => {
    unmap(mapping);
    errno('ENOMEM')();
  });
  await stream.close();
  failing.mock.restore();
  assert.deepEqual(openFilesIn(place.path), []);
  assert.deepEqual(texts((await place.open()).entries()), ['a', 'b']);
});

for (const kind of FILE_KINDS.filter((name) => name !== 'pmem')) {
  test(`what a failed sync left in the machine's memory only is written again by reopening (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const directory = temporaryDirectory(t);
    const [path, onDisk] = [join(directory, 'stream'), join(directory, 'on-disk')];
    const disk = new DiskModel();
    await loseOneSync(t, path, kind, disk);
    fs.writeFileSync(onDisk, disk.durable(path) ?? '');
    const seen = Stream.openSync(path, { medium: kind });
    const kept = Stream.openSync(onDisk, { medium: kind });
    assert.deepEqual(payloads(kept.entries()), payloads(seen.entries()));
    seen.closeSync();
    kept.closeSync();
  });
}

/** Appends, loses what a sync should have written, opens again, and closes: the disk sees all of it in `disk`. */
async function loseOneSync(
  t: TestContext,
  path: string,
  medium: 'file' | 'page-cache',
  disk: DiskModel,
): Promise<void> {
  const seams = new Seams();
  t.after(() => seams.remove());
  seams.arm([], disk);
  const stream = Stream.openSync(path, { size: '128KiB', medium });
  const region = stream.allocateSync('64KiB', { name: 'r' });
  region.appendSync('durable');
  const broken = mock.method(fs, 'fdatasyncSync', (fd: number) => {
    disk.synced(fd, false);
    errno('EIO')();
  });
  fails('VARVE_POISONED', () => region.appendSync(Buffer.alloc(20_000, 1)));
  broken.mock.restore();
  await stream.close().catch(() => {});
  const again = Stream.openSync(path, { medium });
  again.closeSync();
  seams.disarm();
}
