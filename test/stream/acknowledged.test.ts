import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, type Region, Stream } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';

/** Every way to have an entry persisted. */
const WAYS: Readonly<Record<string, (stream: Stream, region: Region) => Entry | Promise<Entry>>> = {
  append: (_stream, region) => region.append('one'),
  appendSync: (_stream, region) => region.appendSync('one'),
  appendv: (_stream, region) => region.appendv(['one', 'two']),
  appendvSync: (_stream, region) => region.appendvSync(['one', 'two']),
  'append behind an open slot': async (_stream, region) => {
    const slot = region.reserve(3);
    const entry = region.append('behind');
    slot.cancel();
    return await entry;
  },
  publish: async (_stream, region) => await region.reserve(3).publish(),
  publishSync: (_stream, region) => region.reserve(3).publishSync(),
  persist: async (stream, region) => {
    const entry = region.appendSync('one', { until: 'committed' });
    await stream.persist();
    return entry;
  },
  persistSync: (stream, region) => {
    const entry = region.appendSync('one', { until: 'committed' });
    stream.persistSync();
    return entry;
  },
  whenPersisted: async (stream, region) => {
    const entry = await region.append('one', { until: 'committed' });
    await stream.whenPersisted(entry.timestamp);
    return entry;
  },
};

for (const slow of [false, true]) {
  for (const [name, way] of Object.entries(WAYS)) {
    test(`what ${name} acknowledges is durable, on a ${slow ? 'slow' : 'fast'} medium`, async () => {
      const medium = new SimulatedMedium('16KiB', { slow });
      const stream = Stream.openSync(medium, { blockSize: 64 });
      const region = stream.allocateSync(512);
      const entry = await way(stream, region);
      const pending = medium.pendingIn(region.offset, 512);
      assert.deepEqual(pending, [], `entry ${entry.timestamp} may be lost`);
      assert.equal(stream.persisted, stream.committed);
      await stream.close();
    });
  }
}
