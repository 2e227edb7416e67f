import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream, type StreamOptions, VarveError } from '../../src/index.js';
import { payloads } from '../helpers/bytes.js';
import { problemOf, temporaryDirectory } from '../helpers/media.js';
import { Account } from './account.js';
import { BrokenDisk } from './broken-disk.js';
import { judgeImage } from './judging.js';
import { runVictim } from './real.js';

const MEDIA = ['file', 'page-cache'] as const;
const ORDERS = ['sync 2 5', 'sync 7+ 5', 'write 4 5', 'write 15+ 28', 'sync 20 122'];

for (const medium of MEDIA) {
  test(`a disk that loses what it failed to sync, while the machine still shows it (${medium})`, async (t) => {
    if (problemOf(medium) !== undefined) return t.skip(problemOf(medium));
    const disk = await BrokenDisk.mount(t);
    if ('problem' in disk) return t.skip(disk.problem);
    const path = join(disk.directory, 'stream');
    const image = join(temporaryDirectory(t), 'image');
    const account = new Account();
    await runVictim(path, medium, account, { rounds: 1 });
    for (const order of ORDERS) {
      disk.order(order);
      const told = await runVictim(path, medium, account, { rounds: 3 });
      assert.match(told.errors.join(' '), /VARVE_(IO|POISONED)/, order);
      disk.keep('stream', image);
      judgeImage(image, medium, account.clone());
      disk.order('heal');
      const { errors } = await runVictim(path, medium, account, { rounds: 1 });
      assert.deepEqual(errors, [], order);
      disk.keep('stream', image);
      judgeImage(image, medium, account.clone());
    }
  });
}

for (const medium of MEDIA) {
  test(`a part of the disk that cannot be read: an error, never fewer entries without a word (${medium})`, async (t) => {
    if (problemOf(medium) !== undefined) return t.skip(problemOf(medium));
    const disk = await BrokenDisk.mount(t);
    if ('problem' in disk) return t.skip(disk.problem);
    const path = join(disk.directory, 'stream');
    const stream = Stream.openSync(path, { size: '512KiB', medium });
    const region = stream.allocateSync('400KiB', { name: 'r' });
    for (let number = 0; number < 100; number += 1) region.appendSync(Buffer.alloc(3000, number));
    await disk.cutPower();
    await stream.close().catch(() => {});
    for (const from of [0, 4096, 8192, 12_288, 40_960, 200_704, 311_296]) {
      await disk.restart();
      disk.order(`read 1+ 5 ${from} ${from + 4096}`);
      for (const readOnly of [true, false]) {
        const found = outcomeOf(path, { medium, readOnly });
        assert.ok(
          found === 100 || /VARVE_(IO|CORRUPT|POISONED)/.test(`${found}`),
          `${found}, from ${from} on`,
        );
      }
      await disk.cutPower();
      await disk.restart();
      const whole = Stream.openSync(path, { medium, readOnly: true });
      assert.equal(payloads(whole.entries()).length, 100);
      whole.closeSync();
      await disk.cutPower();
    }
  });
}

/** How many entries are found; or the code of the error. */
function outcomeOf(path: string, options: StreamOptions): number | string {
  try {
    const stream = Stream.openSync(path, options);
    try {
      return payloads(stream.entries()).length;
    } finally {
      stream.closeSync();
    }
  } catch (error) {
    return error instanceof VarveError ? error.code : String(error);
  }
}
