import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { after, mock, test } from 'node:test';
import { Stream } from '../../src/index.js';
import type { Medium } from '../../src/media/medium.js';
import { mediumConformance } from '../../src/testing/index.js';
import { problemOfCommand } from './system.js';
import { directoryForFile, open } from './workplace.js';

const SIZE = 2 ** 24;
const directory = directoryForFile();
let count = 0;

/** A block device over a file, until this test file ends; or why there is none. */
function loopDevice(): { device: string } | { problem: string } {
  const backing = join(directory, `backing-${count++}`);
  fs.writeFileSync(backing, '');
  fs.truncateSync(backing, SIZE);
  const { status, stdout, stderr, error } = spawnSync('losetup', ['--find', '--show', backing], {
    encoding: 'utf8',
  });
  if (status !== 0) return { problem: `losetup does not work here: ${error?.message ?? stderr.trim()}` };
  const device = stdout.trim();
  after(() => void problemOfCommand('losetup', ['-d', device]));
  return { device };
}

const loop = loopDevice();

if ('problem' in loop) {
  test('block devices', (t) => t.skip(loop.problem));
} else {
  const { device } = loop;
  const wipe = () => fs.writeFileSync(device, new Uint8Array(SIZE), { flag: 'r+' });

  mediumConformance({
    name: 'block device',
    test,
    create: () => {
      wipe();
      return open(device, { mode: 'create' });
    },
    reopen: (closed: Medium) => open(closed.path ?? '', { mode: 'open' }),
  });

  test('a block device is a file medium of its own size', () => {
    wipe();
    for (const medium of ['auto', 'file'] as const) {
      const opened = open(device, { mode: 'open', medium });
      assert.equal(opened.kind, 'file');
      assert.equal(opened.size, SIZE);
      assert.equal(opened.isNew, false);
      opened.close();
    }
  });

  test('a block device is not mapped, and who asks for it is told', () => {
    wipe();
    for (const medium of ['pmem', 'page-cache'] as const) {
      assert.throws(() => open(device, { mode: 'open', medium }), {
        code: 'VARVE_IO',
        message: /block device is not mapped/,
      });
    }
  });

  test('without /sys the size is found by reading', () => {
    const read = fs.readFileSync;
    const hidden = mock.method(fs, 'readFileSync', ((path: string, ...more: []) => {
      if (path.startsWith('/sys/')) throw new Error('no /sys');
      return read(path, ...more);
    }) as typeof fs.readFileSync);
    const medium = open(device, { mode: 'open' });
    hidden.mock.restore();
    assert.equal(medium.size, SIZE);
    medium.close();
  });

  test('a new stream is made only on a blank device', () => {
    wipe();
    const blank = open(device, { size: SIZE / 2 });
    assert.equal(blank.isNew, true);
    assert.equal(blank.size, SIZE / 2);
    blank.close();
    assert.throws(() => open(device, { size: 2 * SIZE }), { name: 'RangeError' });
    fs.writeFileSync(device, 'x'.repeat(512), { flag: 'r+' });
    assert.throws(() => open(device, { mode: 'create' }), { code: 'VARVE_EXISTS', message: /wipe/ });
    const used = open(device, { size: SIZE });
    assert.equal(used.isNew, false);
    used.close();
    assert.equal(fs.readFileSync(device).subarray(0, 3).toString(), 'xxx');
  });

  test('a stream on a part of a device grows up to the end of the device', () => {
    wipe();
    const stream = Stream.openSync(device, { size: SIZE / 4, maxSize: 8 * SIZE });
    assert.equal(stream.available, SIZE - 12_288);
    const region = stream.allocateSync(SIZE / 2);
    region.appendSync('beyond the old end');
    const { size } = stream;
    assert.ok(size > SIZE / 2 && size < SIZE);
    assert.throws(() => stream.allocateSync(SIZE / 2), { code: 'VARVE_FULL' });
    stream.allocateSync(stream.available);
    assert.equal(stream.size, SIZE);
    stream.closeSync();
    const again = Stream.openSync(device, { size: SIZE, maxSize: 8 * SIZE });
    assert.equal(again.size, SIZE);
    assert.equal(again.available, 0);
    assert.equal([...(again.region(region.id) ?? [])][0]?.text(), 'beyond the old end');
    again.closeSync();
  });

  test('a creation that a crash cut short is begun anew', () => {
    wipe();
    fs.writeFileSync(device, Buffer.from('8956415256450d0a', 'hex'), { flag: 'r+' });
    assert.throws(() => Stream.openSync(device, { mode: 'open' }), { code: 'VARVE_NOT_FOUND' });
    Stream.openSync(device, { size: SIZE }).closeSync();
    const stream = Stream.openSync(device);
    assert.equal(stream.size, SIZE);
    stream.closeSync();
  });

  test('a block device has one writer, and none while it is mounted', (t) => {
    wipe();
    const first = open(device, { mode: 'open' });
    assert.throws(() => open(device, { mode: 'open' }), { code: 'VARVE_LOCKED' });
    open(device, { mode: 'open', readOnly: true }).close();
    first.close();
    const point = join(directory, 'mounted');
    fs.mkdirSync(point);
    const problem =
      problemOfCommand('mkfs.ext4', ['-q', device]) ?? problemOfCommand('mount', [device, point]);
    if (problem !== undefined) return t.skip(problem);
    try {
      assert.throws(() => open(device, { mode: 'open' }), { code: 'VARVE_LOCKED', message: /unmount/ });
    } finally {
      problemOfCommand('umount', [point]);
    }
  });
}
