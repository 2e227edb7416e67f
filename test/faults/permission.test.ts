import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { makeReadOnly, smallDisk } from '../helpers/disk.js';
import { isFailure } from '../helpers/errors.js';
import { FILE_KINDS, filePlaceOn, problemOf, temporaryDirectory } from '../helpers/media.js';

const REFUSALS = ['VARVE_IO', 'VARVE_READ_ONLY'];
const NOBODY = 65_534;

/** Runs `action` without the rights of root, which no permission binds. */
async function asNobody(action: () => Promise<void>): Promise<void> {
  const user = process.geteuid?.();
  if (user !== 0) return action();
  process.seteuid?.(NOBODY);
  try {
    await action();
  } finally {
    process.seteuid?.(user);
  }
}

for (const kind of FILE_KINDS) {
  test(`a stream on a read-only file system: a reader reads, a writer gets a clear error (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const disk = smallDisk(t);
    if (disk === undefined) return t.skip('mounting a file system needs root');
    const path = join(disk, 'stream');
    const stream = await Stream.open(path, { size: '512KiB', medium: kind });
    (await stream.allocate(4096)).appendSync('kept');
    await stream.close();
    makeReadOnly(disk);
    await assert.rejects(Stream.open(path, { medium: kind }), (error) => isFailure(error, REFUSALS));
    await assert.rejects(Stream.open(join(disk, 'new'), { size: '64KiB', medium: kind }), (error) =>
      isFailure(error, REFUSALS),
    );
    const reader = await Stream.open(path, { medium: kind, readOnly: true });
    assert.deepEqual(texts(reader.entries()), ['kept']);
    await reader.close();
    assert.deepEqual(readdirSync(disk), ['stream']);
  });

  test(`without permission: a clear error with the path, nothing touched (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const place = filePlaceOn(t, kind);
    const stream = await place.open();
    (await stream.allocate(4096)).appendSync('kept');
    await stream.close();
    const before = readFileSync(place.path);
    chmodSync(join(place.path, '..'), 0o755);
    const refused = (error: unknown): boolean => {
      return isFailure(error, REFUSALS) && (error as Error).message.includes(place.path);
    };
    chmodSync(place.path, 0o444);
    await asNobody(async () => {
      await assert.rejects(place.open(), refused);
      const reader = await place.open({ readOnly: true });
      assert.deepEqual(texts(reader.entries()), ['kept']);
      await reader.close();
    });
    chmodSync(place.path, 0o000);
    await asNobody(() => assert.rejects(place.open({ readOnly: true }), refused));
    assert.ok(readFileSync(place.path).equals(before));
  });
}

test('a directory that may not be written to: a clear error, nothing created', async (t) => {
  const directory = join(temporaryDirectory(t), 'closed');
  mkdirSync(directory);
  chmodSync(join(directory, '..'), 0o755);
  chmodSync(directory, 0o555);
  await asNobody(() =>
    assert.rejects(Stream.open(join(directory, 'new'), { size: '64KiB' }), (error) =>
      isFailure(error, REFUSALS),
    ),
  );
  assert.deepEqual(readdirSync(directory), []);
});
