import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCore } from '../../src/core/open.js';
import { takeSync } from '../../src/core/steps.js';
import type { StreamCore } from '../../src/core/stream-core.js';
import { openMedium } from '../../src/media/open.js';
import { FILE_KINDS, type FilePlace, filePlaceOn, problemOf } from '../helpers/media.js';
import { liveFileOf, liveProblem } from './live-files.js';

/** The core of a read-only stream: what it hears of the writer is no part of the public contract. */
function coreOf({ path, kind }: FilePlace): StreamCore {
  const options = { mode: 'open', readOnly: true, medium: kind as 'file' } as const;
  const medium = openMedium(path, options);
  const request = { ...options, size: undefined, blockSize: undefined, onProgress: () => {} };
  return takeSync(openCore(medium, request), medium);
}

for (const kind of FILE_KINDS) {
  test(`what the writer says is what it has done (${kind})`, async (t) => {
    const problem = problemOf(kind) ?? liveProblem();
    if (problem !== undefined) return t.skip(problem);
    const place = filePlaceOn(t, kind);
    const writer = await place.open();
    const core = coreOf(place);
    t.after(() => core.tasks.runSync(core.close()));
    const empty = core.live;
    assert.ok(empty !== undefined);
    assert.deepEqual([empty.persisted, empty.committed], [0, 0]);

    const region = await writer.allocate('64KiB', { name: 'orders' });
    const allocated = core.live?.structure;
    assert.notEqual(allocated, empty.structure);
    region.appendSync('one');
    assert.equal(core.live?.persisted, 1);
    await region.append('two');
    assert.equal(core.live?.persisted, 2);
    assert.equal(core.live?.committed, 2);
    assert.equal(core.live?.structure, allocated);
    region.appendSync('three', { until: 'committed' });
    assert.ok((core.live?.persisted ?? 0) <= writer.persisted);
    await writer.persist();
    assert.equal(core.live?.persisted, 3);
    await region.clear();
    const cleared = core.live?.structure;
    assert.notEqual(cleared, allocated);
    await region.free();
    assert.notEqual(core.live?.structure, cleared);

    await writer.close();
    assert.equal(core.live?.persisted, 3, 'what was persisted stays persisted');
    const next = await place.open();
    assert.equal(core.live?.persisted, 3);
    assert.equal(core.live?.committed, 3);
    const later = (await next.allocate(4096)).appendSync('later').timestamp;
    assert.equal(core.live?.persisted, later);
    await next.close();
  });

  test(`nobody says anything where no writer is (${kind})`, async (t) => {
    const problem = problemOf(kind) ?? liveProblem();
    if (problem !== undefined) return t.skip(problem);
    const place = filePlaceOn(t, kind);
    await (await place.open()).close();
    assert.equal(liveFileOf(place.path), undefined, 'a writer that has closed leaves nothing behind');
    const core = coreOf(place);
    t.after(() => core.tasks.runSync(core.close()));
    assert.equal(core.live, undefined);
  });
}
