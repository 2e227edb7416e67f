import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Region, Stream } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { FsSpy } from '../helpers/fs-spy.js';
import { temporaryDirectory } from '../helpers/media.js';

interface Watched {
  readonly spy: FsSpy;
  readonly path: string;
  readonly stream: Stream;
  readonly region: Region;
}

function watched(t: TestContext): Watched {
  const spy = FsSpy.install(t);
  const path = join(temporaryDirectory(t), 'watched');
  const stream = Stream.openSync(path, { size: '1MiB', medium: 'file' });
  t.after(() => {
    spy.failing = undefined;
    try {
      stream.closeSync();
    } catch {
      // A poisoned stream says so once more.
    }
  });
  return { spy, path, stream, region: stream.allocateSync('256KiB', { name: 'r' }) };
}

test('creating syncs the file and its directory entry', (t) => {
  const { spy, path } = watched(t);
  assert.ok(existsSync(path));
  assert.ok(spy.syncs >= 1);
  assert.ok(spy.directorySyncs >= 1);
});

function afterCommitting(region: Region, action: () => unknown): unknown {
  region.appendSync('x', { until: 'committed' });
  return action();
}

test('nothing is called persisted without a sync: blocking, awaited, awaited for', async (t) => {
  const { spy, stream, region } = watched(t);
  region.appendSync('warm');
  const actions: [string, () => unknown][] = [
    ['appendSync', () => region.appendSync('x')],
    ['append', () => region.append('x')],
    ['appendvSync', () => region.appendvSync(['x', 'y'])],
    ['publishSync', () => region.reserve(3).publishSync()],
    ['publish', () => region.reserve(3).publish()],
    ['persistSync', () => afterCommitting(region, () => stream.persistSync())],
    ['persist', () => afterCommitting(region, () => stream.persist())],
    ['whenPersisted', () => stream.whenPersisted(region.appendSync('x', { until: 'committed' }).timestamp)],
  ];
  for (const [name, action] of actions) {
    const before = spy.syncs;
    await action();
    assert.ok(spy.syncs > before, `${name} came back without a sync`);
    assert.equal(stream.persisted, stream.committed);
  }
  const before = spy.syncs;
  await region.append('x', { until: 'committed' });
  await stream.close();
  assert.ok(spy.syncs > before, 'closing persists');
});

test('appends in flight together share syncs', async (t) => {
  const { spy, region } = watched(t);
  await region.append('warm');
  const before = spy.syncs;
  await Promise.all(Array.from({ length: 1000 }, (_, index) => region.append(`${index}`)));
  assert.ok(spy.syncs - before < 100, `${spy.syncs - before} syncs for 1000 appends at once`);
});

test('a failed sync poisons the stream: waiting promises reject, later calls throw, nobody tries again', async (t) => {
  const { spy, path, stream, region } = watched(t);
  await region.append('persisted before');
  spy.failing = 'EIO';
  const waiting = [region.append('a'), region.append('b'), stream.whenPersisted(3)];
  for (const promise of waiting) await rejects('VARVE_IO|VARVE_POISONED', promise);
  assert.ok(stream.persisted < 2);
  spy.failing = undefined;
  const { syncs } = spy;
  await rejects('VARVE_POISONED', region.append('c'));
  fails('VARVE_POISONED', () => region.appendSync('c'));
  fails('VARVE_POISONED', () => region.appendSync('c', { until: 'committed' }));
  fails('VARVE_POISONED', () => region.reserve(1));
  fails('VARVE_POISONED', () => stream.persistSync());
  fails('VARVE_POISONED', () => stream.allocateSync(4096));
  fails('VARVE_POISONED', () => region.clearSync());
  await rejects('VARVE_POISONED', stream.persist());
  await rejects('VARVE_POISONED', stream.whenPersisted(3));
  await rejects('VARVE_POISONED|VARVE_IO', stream.close());
  assert.equal(spy.syncs, syncs, 'a sync that failed is not repeated');
  assert.ok(stream.closed);
  const again = Stream.openSync(path, { medium: 'file' });
  assert.equal(texts(again.entries())[0], 'persisted before');
  assert.ok((again.region('r')?.appendSync('goes on').timestamp ?? 0) > 3);
  again.closeSync();
});

test('a blocking append whose sync fails throws, and poisons', (t) => {
  const { spy, stream, region } = watched(t);
  region.appendSync('before');
  spy.failing = 'EIO';
  fails('VARVE_IO|VARVE_POISONED', () => region.appendSync('lost'));
  assert.equal(stream.persisted, 1);
  spy.failing = undefined;
  fails('VARVE_POISONED', () => region.appendSync('no'));
  assert.equal(region.get(1)?.text(), 'before');
});

test('a sync that fails in the background is told to the next caller, and to closing', async (t) => {
  const { spy, stream, region } = watched(t);
  region.appendSync('warm');
  spy.failing = 'EIO';
  region.appendSync('only committed', { until: 'committed' });
  await rejects('VARVE_IO|VARVE_POISONED', stream.whenPersisted(2));
  spy.failing = undefined;
  fails('VARVE_POISONED', () => region.appendSync('no', { until: 'committed' }));
  await rejects('VARVE_POISONED|VARVE_IO', stream.close());
});

test('closing says when it could not persist', async (t) => {
  const { spy, stream, region } = watched(t);
  region.appendSync('only committed', { until: 'committed' });
  spy.failing = 'EIO';
  await rejects('VARVE_IO|VARVE_POISONED', stream.close());
  assert.ok(stream.closed);
});
