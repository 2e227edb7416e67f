import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { start } from '../helpers/child.js';
import { FILE_KINDS, problemOf, temporaryDirectory } from '../helpers/media.js';

for (const kind of FILE_KINDS) {
  test(`a stream left open does not keep the process alive (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const path = join(temporaryDirectory(t), 'left-open');
    const ending = await start(t, 'chores', ['leave-open', path, kind]).ended;
    assert.deepEqual([ending.code, ending.signal, ending.lines], [0, null, ['left']]);
    const stream = await Stream.open(path, { medium: kind });
    // What was committed when the process came to its own end was not thrown away.
    const expected = Array.from({ length: 100 }, (_, index) => `left ${index}`);
    assert.deepEqual(texts(stream.entries()), expected);
    await stream.close();
  });

  test(`waiting for persistence in the background is enough to get it (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const path = join(temporaryDirectory(t), 'background');
    const child = start(t, 'chores', ['persist-in-background', path, kind]);
    await child.wrote(1);
    child.kill();
    assert.deepEqual((await child.ended).lines, ['persisted']);
    const stream = await Stream.open(path, { medium: kind });
    assert.deepEqual(
      texts(stream.entries()),
      Array.from({ length: 100 }, (_, index) => `background ${index}`),
    );
    await stream.close();
  });

  test(`a process that awaits an append ends after it, not before (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const path = join(temporaryDirectory(t), 'awaited');
    const ending = await start(t, 'chores', ['await-appends', path, kind]).ended;
    assert.deepEqual([ending.code, ending.lines], [0, ['all persisted']]);
  });
}
