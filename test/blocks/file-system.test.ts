import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EndlessStream, FileSystem } from '../../src/blocks/index.js';
import { pattern } from '../helpers/bytes.js';
import { smallDisk } from '../helpers/disk.js';
import { fails, rejects } from '../helpers/errors.js';
import { FsSpy } from '../helpers/fs-spy.js';
import { directory } from './allocators.js';
import { History } from './history.js';

const OPTIONS = { blockCount: 8, blockShift: 9 };

function place(t: TestContext): string {
  const { path, remove } = directory();
  t.after(remove);
  return join(path, 'stream');
}

const files = (path: string) => readdirSync(path).filter((name) => name.endsWith('.blocks'));

test('a directory holds the files of a stream, in order, and gives back those that were dropped', async (t) => {
  const path = place(t);
  const history = new History();
  let stream = await EndlessStream.load(new FileSystem(path), OPTIONS);
  stream.append(history.next(20_000));
  await stream.sync();
  assert.ok(files(path).length > 6);
  stream.advance(15_000);
  assert.ok((await stream.shrink()) > 3);
  const left = files(path).length;
  await stream.close();
  stream = await EndlessStream.load(new FileSystem(path), OPTIONS);
  assert.deepEqual([stream.offset, stream.end, files(path).length], [15_000, 20_000, left]);
  history.synced = 20_000;
  history.assertReads(stream);
  fails('VARVE_TRIMMED', () => stream.read(14_999, 15_001));
  stream.advance(20_000);
  await stream.sync();
  await stream.shrink();
  await stream.close();
  stream = await EndlessStream.load(new FileSystem(path), OPTIONS);
  assert.deepEqual([stream.offset, stream.end], [20_000, 20_000]);
  await stream.close();
});

test('one has a directory at a time', async (t) => {
  const path = place(t);
  const stream = await EndlessStream.load(new FileSystem(path), OPTIONS);
  fails('VARVE_LOCKED', () => new FileSystem(path));
  await stream.close();
  new FileSystem(path).close();
});

test('a process that is killed lets go of the directory, and what it had synced is there', async (t) => {
  const path = place(t);
  const index = new URL('../../src/blocks/index.js', import.meta.url).href;
  const program = `
    const { EndlessStream, FileSystem } = await import(${JSON.stringify(index)});
    const stream = await EndlessStream.load(new FileSystem(${JSON.stringify(path)}), ${JSON.stringify(OPTIONS)});
    for (let i = 0; ; i++) {
      stream.append(String(i).padStart(9) + '\\n', 'x'.repeat(i % 5000) + '\\n');
      await stream.sync();
      process.stdout.write(stream.synced + '\\n');
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.split('\n').length > 60) break;
  }
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  const synced = Number(said.split('\n').at(-2));
  const stream = await EndlessStream.load(new FileSystem(path), OPTIONS);
  assert.ok(stream.end >= synced);
  await stream.verify();
  const lines = Buffer.from(stream.read(0, stream.end)).toString().split('\n');
  assert.equal(lines.length % 2, 1, 'whole appends');
  for (let i = 0; i < (lines.length - 1) / 2; i++) {
    assert.equal(lines[2 * i], String(i).padStart(9));
    assert.equal(lines[2 * i + 1], 'x'.repeat(i % 5000));
  }
  await stream.close();
});

test('files that are not its own are left alone, and unfinished ones removed', async (t) => {
  const path = place(t);
  new FileSystem(path).close();
  writeFileSync(join(path, 'notes.txt'), 'mine');
  writeFileSync(join(path, '.0000000000000001-9.blocks.0123456789ab.new'), 'half');
  const stream = await EndlessStream.load(new FileSystem(path), OPTIONS);
  assert.deepEqual(readdirSync(path).sort(), ['lock', 'notes.txt']);
  stream.append('x');
  await stream.close();
  writeFileSync(join(path, '0000000000000001-12.blocks'), 'two of one number');
  fails('VARVE_CORRUPT', () => new FileSystem(path));
});

test('files that were truncated or removed are told', async (t) => {
  const path = place(t);
  let stream = await EndlessStream.load(new FileSystem(path), OPTIONS);
  for (let i = 0; i < 12; i++) {
    stream.append(pattern(1000, i));
    await stream.sync();
  }
  await stream.close();
  const names = files(path);
  const last = join(path, names.at(-1) ?? '');
  const load = () => EndlessStream.load(new FileSystem(path), OPTIONS);
  const size = OPTIONS.blockCount * 2 ** OPTIONS.blockShift;
  for (const bytes of [size - 1, size / 2, 1, 0]) {
    truncateSync(last, bytes);
    const allocator = new FileSystem(path);
    await rejects('VARVE_CORRUPT', EndlessStream.load(allocator, OPTIONS));
    allocator.close();
  }
  rmSync(last);
  rmSync(join(path, names[1] ?? ''));
  const allocator = new FileSystem(path);
  await rejects('VARVE_CORRUPT', EndlessStream.load(allocator, OPTIONS));
  allocator.close();
  for (const name of files(path)) rmSync(join(path, name));
  stream = await load();
  assert.equal(stream.end, 0);
  await stream.close();
});

test('a hundred files are not open at once, but for those that wait for a sync', async (t) => {
  const path = place(t);
  const stream = await EndlessStream.load(new FileSystem(path, { medium: 'file' }), {
    blockCount: 3,
    blockShift: 9,
  });
  const history = new History();
  for (let i = 0; i < 100; i++) {
    stream.append(history.next(400));
    await stream.sync();
  }
  history.synced = history.end;
  history.assertReads(stream);
  await stream.verify();
  const { blockStreams, blocks, bytesAllocated, length, unsynced, syncs } = stream.statistics();
  assert.deepEqual([blockStreams, blocks, bytesAllocated], [100, 300, 100 * 3 * 512]);
  assert.deepEqual([length, unsynced, syncs], [40_000, 0, 100]);
  stream.append(history.next(20_000));
  await stream.sync();
  history.synced = history.end;
  history.assertReads(stream);
  if (process.platform === 'linux') assert.ok(readdirSync('/proc/self/fd').length < 100);
  await stream.close();
});

test('files and their directory are really synced, and a disk that fails is told', async (t) => {
  const path = place(t);
  const spy = FsSpy.install(t);
  const stream = await EndlessStream.load(new FileSystem(path), OPTIONS);
  const made = spy.directorySyncs;
  await stream.grow();
  assert.equal(spy.directorySyncs, made + 1, 'a new file is in its directory');
  for (const blocking of [true, false]) {
    const before = spy.syncs;
    stream.append('x');
    if (blocking) stream.syncSync();
    else await stream.sync();
    assert.equal(spy.syncs, before + 1, 'one sync');
  }
  stream.append(pattern(3000, 1));
  const before = spy.syncs;
  await stream.sync();
  assert.equal(spy.syncs, before + 2, 'one sync of each file of a spanning append');
  spy.failing = 'EIO';
  stream.append('lost');
  await rejects('VARVE_IO', stream.sync());
  spy.failing = undefined;
  await rejects('VARVE_POISONED', stream.sync());
  await rejects('VARVE_POISONED', stream.close());
  const again = await EndlessStream.load(new FileSystem(path), OPTIONS);
  assert.ok(again.end >= 3002);
  const removed = spy.directorySyncs;
  again.advance(again.synced);
  assert.equal(await again.shrink(), 1);
  assert.equal(spy.directorySyncs, removed + 1, 'a file that is gone is out of its directory');
  await again.close();
});

test('a full disk is told before anything is appended', async (t) => {
  const disk = smallDisk(t);
  if (disk === undefined) return t.skip('no file system may be mounted here');
  const stream = await EndlessStream.load(new FileSystem(join(disk, 'stream')), {
    blockCount: 64,
    blockShift: 12,
  });
  let appended = 0;
  const fill = () => {
    for (;;) {
      stream.append(pattern(50_000, 1));
      appended += 50_000;
      stream.syncSync();
    }
  };
  fails('VARVE_IO|VARVE_FULL', fill);
  assert.ok(appended > 500_000);
  assert.equal(stream.end, appended);
  stream.advance(stream.synced);
  assert.ok((await stream.shrink()) > 3);
  stream.append(pattern(50_000, 2));
  await stream.close();
  const again = await EndlessStream.load(new FileSystem(join(disk, 'stream')));
  assert.deepEqual(again.read(again.end - 50_000, again.end), pattern(50_000, 2));
  await again.close();
});

test('wrong arguments are refused', () => {
  for (const wrong of ['', 'a\0b', 5, undefined, null])
    fails('VARVE_ARGUMENT', () => new FileSystem(wrong as string));
  fails('VARVE_ARGUMENT', () => new FileSystem('x', { medium: 'paper' as 'file' }));
  fails('VARVE_IO', () => new FileSystem('/nowhere/at/all'));
  fails('VARVE_IO', () => new FileSystem(new URL(import.meta.url).pathname));
});
