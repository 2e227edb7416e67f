import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { start } from '../helpers/child.js';
import { Ledger } from '../helpers/ledger.js';
import { FILE_KINDS, problemOf, temporaryDirectory } from '../helpers/media.js';

const KILLS = 12;

for (const kind of FILE_KINDS) {
  test(`kill -9 in the middle of appending, again and again: what was acknowledged is there (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const path = join(temporaryDirectory(t), 'killed');
    const ledger = new Ledger();
    let told = 0;
    for (let run = 1; run <= KILLS; run += 1) {
      const child = start(t, 'writer', [path, kind, `${run}`]);
      await child.wrote(run * 37);
      child.kill();
      const { signal, lines } = await child.ended;
      assert.equal(signal, 'SIGKILL');
      assert.equal(lines[0], 'ready');
      const before = ledger.greatest;
      ledger.note(lines);
      const fresh = lines.map((line) => Number(line.split(' ')[0])).filter((timestamp) => timestamp > 0);
      assert.ok(
        fresh.every((timestamp) => timestamp > before),
        `run ${run} was given timestamps of before`,
      );
      told += fresh.length;
      // Every other time nobody looks in between: the next writer finds what the killed one has left.
      if (run % 2 === 0) continue;
      const reader = await Stream.open(path, { readOnly: true, medium: kind });
      ledger.verify(reader);
      await reader.close();
      const stream = await Stream.open(path, { medium: kind });
      ledger.verify(stream);
      assert.ok((await stream.check()).ok);
      await stream.close();
    }
    assert.ok(told >= KILLS * 37);
    const stream = await Stream.open(path, { medium: kind });
    ledger.verify(stream);
    const region = stream.region('a');
    assert.ok((region?.appendSync('after all that').timestamp ?? 0) > ledger.greatest);
    await stream.close();
  });
}

test('kill -9 of a writer frees its lock at once', async (t) => {
  const path = join(temporaryDirectory(t), 'locked');
  const child = start(t, 'writer', [path, 'file', '1']);
  await child.wrote(1);
  await assert.rejects(Stream.open(path, { medium: 'file' }), { code: 'VARVE_LOCKED' });
  child.kill();
  await child.ended;
  await (await Stream.open(path, { medium: 'file' })).close();
});
