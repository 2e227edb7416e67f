import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { mock, type TestContext, test } from 'node:test';
import { addonProblem } from '../../src/base/native-loader.js';
import type { Extent, Medium } from '../../src/media/medium.js';
import { directoryForFile, open } from './workplace.js';

const directory = directoryForFile();
const size = 2 ** 20;
const KINDS = ['file', 'page-cache'] as const;
const eio = () => Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });

/** One test for each medium whose durability is a sync. */
function onSyncedMedia(
  title: string,
  body: (medium: Medium, extent: Extent, path: string, t: TestContext) => void | Promise<void>,
): void {
  for (const kind of KINDS) {
    test(`${title} (${kind})`, async (t) => {
      const problem = addonProblem();
      if (kind === 'page-cache' && problem !== undefined) return t.skip(problem);
      const path = join(directory, t.name.replaceAll(/\W/g, '-'));
      const medium = open(path, { size, medium: kind });
      t.after(() => medium.close());
      medium.publish();
      const extent = medium.open(0, size, 'append');
      extent.write(0, 64).bytes.fill(7, 0, 64);
      extent.flush(0, 64);
      await body(medium, extent, path, t);
    });
  }
}

onSyncedMedia('a sync that failed once is never trusted again', async (medium) => {
  const failing = mock.method(fs, 'fdatasyncSync', () => {
    throw eio();
  });
  let first: unknown;
  try {
    medium.drainSync();
  } catch (error) {
    first = error;
  }
  failing.mock.restore();
  assert.ok(first instanceof Error && 'code' in first && first.code === 'VARVE_IO');
  assert.equal((first.cause as { code?: string }).code, 'EIO');
  assert.equal(medium.failed, first);
  assert.throws(
    () => medium.drainSync(),
    (error) => error === first,
  );
  await assert.rejects(medium.drain(), (error) => error === first);
});

onSyncedMedia('an error of one sync fails every drain that was under way', async (medium, extent) => {
  const pending: ((error: Error | null) => void)[] = [];
  const held = mock.method(fs, 'fdatasync', (_fd: number, callback: (error: Error | null) => void) => {
    pending.push(callback);
  });
  const [first, second, third] = [medium.drain(), medium.drain(), medium.drain()];
  extent.flush(0, 64);
  assert.equal(pending.length, 1, 'one sync runs, the others wait for the next');
  pending.shift()?.(eio());
  await assert.rejects(first, { code: 'VARVE_IO' });
  await assert.rejects(second, { code: 'VARVE_IO' });
  await assert.rejects(third, { code: 'VARVE_IO' });
  assert.equal(pending.length, 0, 'nothing is tried again');
  held.mock.restore();
});

onSyncedMedia(
  'a blocking sync that fails takes an asynchronous one with it that has not heard of it',
  async (medium) => {
    const pending: ((error: Error | null) => void)[] = [];
    const held = mock.method(fs, 'fdatasync', (_fd: number, callback: (error: Error | null) => void) => {
      pending.push(callback);
    });
    const failing = mock.method(fs, 'fdatasyncSync', () => {
      throw eio();
    });
    const drain = medium.drain();
    assert.throws(() => medium.drainSync(), { code: 'VARVE_IO' });
    pending.shift()?.(null);
    await assert.rejects(drain, { code: 'VARVE_IO' });
    held.mock.restore();
    failing.mock.restore();
  },
);

onSyncedMedia('drains that come while a sync runs share the next one', async (medium) => {
  const syncs = mock.method(fs, 'fdatasync');
  await Promise.all(Array.from({ length: 10 }, () => medium.drain()));
  assert.equal(syncs.mock.callCount(), 2);
  await medium.drain();
  assert.equal(syncs.mock.callCount(), 3);
  syncs.mock.restore();
});

onSyncedMedia(
  'a file that is truncated under the stream is not acknowledged any more',
  async (medium, extent, path) => {
    medium.drainSync();
    fs.truncateSync(path, 4096);
    extent.write(64, 64);
    extent.flush(64, 128);
    assert.throws(() => medium.drainSync(), { code: 'VARVE_IO', message: /truncated/, path });
    fs.truncateSync(path, size);
    await assert.rejects(medium.drain(), { code: 'VARVE_IO', message: /truncated/ });
  },
);

onSyncedMedia(
  'a file that is truncated is not given its length again by what is written at its end',
  (medium, _extent, path) => {
    medium.drainSync();
    fs.truncateSync(path, 4096);
    const last = medium.open(size - 4096, 4096, 'append');
    last.write(0, 4096);
    last.flush(0, 4096);
    assert.throws(() => medium.drainSync(), { code: 'VARVE_IO', message: /truncated/, path });
  },
);

onSyncedMedia(
  'a file that is removed under the stream is not acknowledged any more',
  async (medium, _extent, path) => {
    await medium.drain();
    fs.unlinkSync(path);
    await assert.rejects(medium.drain(), { code: 'VARVE_IO', message: /removed/, path });
    assert.throws(() => medium.drainSync(), { code: 'VARVE_IO', message: /removed/ });
  },
);

onSyncedMedia('what was truncated away cannot be read, and the process lives', (medium, extent, path) => {
  medium.drainSync();
  // A mapping that was made before stays.
  if (medium.kind === 'page-cache') extent.read(size / 2, 64, size);
  fs.truncateSync(path, 4096);
  const other = medium.open(size - 4096, 4096, 'random');
  assert.throws(() => other.read(0, 64, 64), { code: 'VARVE_IO', message: /truncated/ });
  if (medium.kind === 'file') {
    assert.throws(() => extent.read(size / 2, 64, size), { code: 'VARVE_IO', message: /truncated/ });
  } else {
    const { bytes, start } = extent.read(size / 2, 64, size);
    assert.equal(bytes[size / 2 - start], 0);
    assert.throws(() => medium.drainSync(), { code: 'VARVE_IO' });
  }
});

test('short writes are gone on with', () => {
  const path = join(directory, 'short');
  const medium = open(path, { size, medium: 'file' });
  medium.publish();
  const extent = medium.open(0, size, 'append');
  const bytes = extent.write(0, 200_000).bytes.fill(7, 0, 200_000);
  extent.flush(0, 200_000);
  const write = fs.writeSync;
  const short = mock.method(fs, 'writeSync', ((
    fd: number,
    data: Uint8Array,
    from: number,
    length: number,
    at: number,
  ) => write(fd, data, from, Math.min(length, 1000), at)) as typeof fs.writeSync);
  medium.drainSync();
  short.mock.restore();
  assert.equal(short.mock.callCount(), 200);
  assert.equal(Buffer.compare(fs.readFileSync(path).subarray(0, 200_000), bytes.subarray(0, 200_000)), 0);
  medium.close();
});

test('much that is flushed and not drained is written out, so that memory stays bounded', () => {
  const path = join(directory, 'much');
  const medium = open(path, { size: 2 ** 25, medium: 'file' });
  const extent = medium.open(0, 2 ** 25, 'append');
  const syncs = mock.method(fs, 'fdatasyncSync');
  const writes = mock.method(fs, 'writeSync');
  for (let at = 0; at < 2 ** 25; at += 2 ** 18) {
    extent.write(at, 2 ** 18);
    extent.flush(at, at + 2 ** 18);
  }
  assert.ok(writes.mock.callCount() >= 96, 'at most 8 MiB are left');
  assert.equal(syncs.mock.callCount(), 0);
  writes.mock.restore();
  syncs.mock.restore();
  medium.close();
});

test('neighbouring flushes become one write', () => {
  const medium = open(join(directory, 'neighbours'), { size, medium: 'file' });
  const extent = medium.open(0, size, 'append');
  const writes = mock.method(fs, 'writeSync');
  for (let at = 0; at < 8192; at += 64) {
    extent.write(at, 64);
    extent.flush(at, at + 64);
  }
  medium.drainSync();
  assert.equal(writes.mock.callCount(), 1);
  writes.mock.restore();
  medium.close();
});
