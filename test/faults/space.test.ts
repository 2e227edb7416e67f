import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { assertPayloads, pattern, texts } from '../helpers/bytes.js';
import { start } from '../helpers/child.js';
import { smallDisk } from '../helpers/disk.js';
import { fails, isFailure, rejects } from '../helpers/errors.js';
import { FILE_KINDS, filePlaceOn, problemOf, temporaryDirectory } from '../helpers/media.js';

for (const kind of FILE_KINDS) {
  test(`a full disk: an error before any acknowledgement, and nothing left behind (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const directory = smallDisk(t);
    if (directory === undefined) return t.skip('mounting a file system needs root');
    const path = join(directory, 'stream');
    let stream: Stream;
    try {
      stream = await Stream.open(path, { size: '8MiB', medium: kind });
    } catch (error) {
      assert.ok(isFailure(error, ['VARVE_IO', 'VARVE_FULL']), String(error));
      assert.deepEqual(readdirSync(directory), []);
      return;
    }
    await fillDisk(stream);
    await stream.close();
    const again = await Stream.open(path, { medium: kind });
    assertPayloads(again.region('r') ?? [], expectedOf([...(again.region('r') ?? [])].length));
    await again.close();
  });

  test(`space that others have taken: appends into what was allotted go on (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const directory = smallDisk(t);
    if (directory === undefined) return t.skip('mounting a file system needs root');
    const path = join(directory, 'stream');
    const ballast = join(directory, 'ballast');
    const stream = await Stream.open(path, { size: '1MiB', medium: kind });
    const region = await stream.allocate('512KiB');
    region.appendSync('before');
    takeAll(ballast);
    const expected = ['before'];
    for (let index = 0; index < 20; index += 1) {
      const text = `${index} ${'.'.repeat(10_000)}`;
      try {
        region.appendSync(text);
        expected.push(text);
      } catch (error) {
        assert.ok(isFailure(error, ['VARVE_IO', 'VARVE_FULL']), String(error));
        rmSync(ballast, { force: true });
      }
    }
    await stream.close();
    const again = await Stream.open(path, { medium: kind });
    const found = texts(again.entries());
    for (const text of expected) assert.ok(found.includes(text), 'an acknowledged entry is missing');
    await again.close();
  });

  test(`a file cut short under an open stream: errors, no dead process, no acknowledgement (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const path = join(temporaryDirectory(t), 'cut');
    const { code, signal, lines } = await start(t, 'chores', ['truncated', path, kind]).ended;
    assert.deepEqual([code, signal], [0, null]);
    assert.match(lines[0] ?? '', /^alive /);
    // The file medium holds what it wrote last in memory; a mapping has lost it and must say so.
    if (kind !== 'file') {
      assert.match(lines[0] ?? '', /VARVE_/);
      assert.equal(lines[1], 'refused');
    }
    await rejects('VARVE_CORRUPT', Stream.open(path, { medium: kind }));
  });
}

function expectedOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => pattern(100_000, index));
}

/** Appends until the disk is full; then what was acknowledged is readable and the log is usable. */
async function fillDisk(stream: Stream): Promise<void> {
  const region = await stream.allocate('7MiB', { name: 'r' });
  let acknowledged = 0;
  const appendAll = (): void => {
    for (; acknowledged < 60; acknowledged += 1) region.appendSync(pattern(100_000, acknowledged));
  };
  fails('VARVE_IO|VARVE_FULL', appendAll);
  assert.ok(acknowledged < 25);
  const seen = [...region.entries({ until: 'persisted' })];
  assert.ok(seen.length >= acknowledged);
  assertPayloads(seen.slice(0, acknowledged), expectedOf(acknowledged));
}

function takeAll(path: string): void {
  try {
    for (let mebibytes = 1; ; mebibytes += 1) writeFileSync(path, new Uint8Array(mebibytes * 100_000));
  } catch {
    assert.ok(statSync(path).size > 0);
  }
}

test('a file removed under an open stream: what was opened goes on, and nothing appears in its place', async (t) => {
  const place = filePlaceOn(t, 'file');
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  region.appendSync('before');
  rmSync(place.path);
  try {
    region.appendSync('after');
    assert.deepEqual(texts(region), ['before', 'after']);
  } catch (error) {
    assert.ok(isFailure(error, ['VARVE_IO', 'VARVE_POISONED']), String(error));
  }
  await stream
    .close()
    .catch((error: unknown) => assert.ok(isFailure(error, ['VARVE_IO', 'VARVE_POISONED']), String(error)));
  assert.deepEqual(readdirSync(join(place.path, '..')), []);
});
