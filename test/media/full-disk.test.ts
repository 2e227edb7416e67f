import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addonProblem } from '../../src/base/native-loader.js';
import { declareFullDiskTests } from './full-disk-checks.js';
import { mount } from './system.js';
import { directoryForFile, open } from './workplace.js';

const directory = directoryForFile();

declareFullDiskTests('addon');

test('a full disk under a mapping fails the drain, and not the process', async (t) => {
  const problem = addonProblem();
  if (problem !== undefined) return t.skip(problem);
  for (const kind of ['page-cache', 'pmem'] as const) {
    const disk = join(directory, kind);
    const trouble = mount(t, disk, ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs']);
    if (trouble !== undefined) return t.skip(trouble);
    const path = join(disk, 'stream');
    fs.writeFileSync(path, '');
    fs.truncateSync(path, 2 ** 22);
    const medium = open(path, { medium: kind });
    const extent = medium.open(0, 2 ** 22, 'append');
    extent.write(0, 2 ** 22).bytes.fill(7);
    extent.flush(0, 2 ** 22);
    assert.throws(() => medium.drainSync(), { code: 'VARVE_IO', path });
    await assert.rejects(medium.drain(), { code: 'VARVE_IO' });
    // What is written, and not stored into a mapping, is still there to be written again.
    assert.equal(medium.failed === undefined, kind === 'page-cache');
    medium.close();
  }
});
