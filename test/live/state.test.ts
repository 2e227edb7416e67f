import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILE_KINDS, filePlaceOn, problemOf } from '../helpers/media.js';
import { liveFileOf, liveProblem } from './live-files.js';
import { readingCore } from './reading-core.js';

for (const kind of FILE_KINDS) {
  test(`a thread of a shared stream says of each entry that it is persisted, before it returns (${kind})`, async (t) => {
    const problem = problemOf(kind) ?? liveProblem();
    if (problem !== undefined) return t.skip(problem);
    const place = filePlaceOn(t, kind);
    const writer = await place.open();
    const region = await writer.allocate('64KiB');
    writer.share();
    const core = readingCore(t, place);
    for (let count = 1; count <= 20; count += 1) {
      const { timestamp } = region.appendSync('entry');
      assert.equal(core.foreign?.live?.persisted, timestamp);
    }
    await writer.close();
  });
}

for (const kind of FILE_KINDS) {
  test(`what the writer says is what it has done (${kind})`, async (t) => {
    const problem = problemOf(kind) ?? liveProblem();
    if (problem !== undefined) return t.skip(problem);
    const place = filePlaceOn(t, kind);
    const writer = await place.open();
    const core = readingCore(t, place);
    const empty = core.foreign?.live;
    assert.ok(empty !== undefined);
    assert.deepEqual([empty.persisted, empty.committed], [0, 0]);

    const region = await writer.allocate('64KiB', { name: 'orders' });
    const allocated = core.foreign?.live?.structure;
    assert.notEqual(allocated, empty.structure);
    region.appendSync('one');
    assert.equal(core.foreign?.live?.persisted, 1);
    await region.append('two');
    assert.equal(core.foreign?.live?.persisted, 2);
    assert.equal(core.foreign?.live?.committed, 2);
    assert.equal(core.foreign?.live?.structure, allocated);
    region.appendSync('three', { until: 'committed' });
    assert.ok((core.foreign?.live?.persisted ?? 0) <= writer.persisted);
    await writer.persist();
    assert.equal(core.foreign?.live?.persisted, 3);
    await region.clear();
    const cleared = core.foreign?.live?.structure;
    assert.notEqual(cleared, allocated);
    await region.free();
    assert.notEqual(core.foreign?.live?.structure, cleared);

    await writer.close();
    assert.equal(core.foreign?.live?.persisted, 3, 'what was persisted stays persisted');
    const next = await place.open();
    assert.equal(core.foreign?.live?.persisted, 3);
    assert.equal(core.foreign?.live?.committed, 3);
    const later = (await next.allocate(4096)).appendSync('later').timestamp;
    assert.equal(core.foreign?.live?.persisted, later);
    await next.close();
  });

  test(`nobody says anything where no writer is (${kind})`, async (t) => {
    const problem = problemOf(kind) ?? liveProblem();
    if (problem !== undefined) return t.skip(problem);
    const place = filePlaceOn(t, kind);
    await (await place.open()).close();
    assert.equal(liveFileOf(place.path), undefined, 'a writer that has closed leaves nothing behind');
    const core = readingCore(t, place);
    assert.equal(core.foreign?.live, undefined);
  });
}
