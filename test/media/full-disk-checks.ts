import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mount } from './system.js';
import { directoryForFile, open } from './workplace.js';

const MIB = 2 ** 20;
const TMPFS = ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs'];
const directory = directoryForFile();

/** Declares the tests of disks that are too small, for the way of allocating that this process has. */
export function declareFullDiskTests(name: string): void {
  test(`${name}: a disk that is too small is an error at creation and nothing is left behind`, (t) => {
    const disk = join(directory, `${name}-create`);
    const problem = mount(t, disk, TMPFS);
    if (problem !== undefined) return t.skip(problem);
    const path = join(disk, 'stream');
    assert.throws(
      () => open(path, { size: 4 * MIB, medium: 'file' }),
      (error: Error & { code?: string; path?: string; cause?: { code?: string } }) => {
        assert.equal(error.code, 'VARVE_IO');
        assert.equal(error.path, path);
        assert.equal(error.cause?.code, 'ENOSPC');
        return true;
      },
    );
    assert.deepEqual(fs.readdirSync(disk), []);
    const medium = open(path, { size: MIB, medium: 'file' });
    medium.publish();
    medium.close();
  });

  test(`${name}: a disk without room for a growth is no harm, and the file is as long as before`, (t) => {
    const disk = join(directory, `${name}-grow`);
    const problem = mount(t, disk, TMPFS);
    if (problem !== undefined) return t.skip(problem);
    const path = join(disk, 'stream');
    const medium = open(path, { size: MIB / 2, medium: 'file' });
    medium.publish();
    for (const size of [4 * MIB, 1024 * MIB]) {
      assert.throws(
        () => medium.grow?.(MIB / 2, size),
        (error: Error & { code?: string; path?: string; cause?: { code?: string } }) => {
          assert.deepEqual([error.code, error.path, error.cause?.code], ['VARVE_FULL', path, 'ENOSPC']);
          return true;
        },
      );
      assert.deepEqual([medium.size, fs.statSync(path).size], [MIB / 2, MIB / 2]);
      medium.drainSync();
    }
    medium.grow?.(MIB / 2, 1.75 * MIB);
    medium.drainSync();
    assert.equal(fs.statSync(path).blocks * 512, 1.75 * MIB, 'there is room for all of it');
    medium.close();
  });

  test(`${name}: a disk that fills up is an error of the drain, which may be repeated`, async (t) => {
    const disk = join(directory, `${name}-drain`);
    const problem = mount(t, disk, TMPFS);
    if (problem !== undefined) return t.skip(problem);
    const path = join(disk, 'stream');
    // A file that was not allocated, as a copy may be.
    fs.writeFileSync(path, '');
    fs.truncateSync(path, 4 * MIB);
    fs.writeFileSync(join(disk, 'filler'), new Uint8Array(1.5 * MIB));
    const medium = open(path, { medium: 'file' });
    const extent = medium.open(0, 4 * MIB, 'append');
    for (let at = 0; at < 1.5 * MIB; at += 1024) {
      const window = extent.write(at, 1024);
      window.bytes.fill(7, at - window.start, at - window.start + 1024);
    }
    extent.flush(0, 1.5 * MIB);
    assert.throws(() => medium.drainSync(), { code: 'VARVE_IO', message: /full/ });
    await assert.rejects(medium.drain(), { code: 'VARVE_IO', message: /full/ });
    assert.equal(medium.failed, undefined);
    for (const at of [0, MIB]) assert.equal(extent.read(at, 1024, 1.5 * MIB).bytes[0], 7);
    fs.rmSync(join(disk, 'filler'));
    await medium.drain();
    medium.close();
    assert.ok(
      fs
        .readFileSync(path)
        .subarray(0, 1.5 * MIB)
        .every((byte) => byte === 7),
    );
  });
}
