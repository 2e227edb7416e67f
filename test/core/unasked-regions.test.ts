import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryMedium, Stream } from '../../src/index.js';
import { openTargetSync } from '../../src/stream/opening.js';

test('an opened stream makes a region once somebody asks for it, and then only one', async () => {
  const medium = new MemoryMedium('4MiB');
  const first = await Stream.open(medium);
  for (let i = 0; i < 300; i++)
    (await first.allocate(4096, { name: `region ${i}` })).appendSync(`entry ${i}`);
  await first.log('log', { segmentSize: 4096 });
  await first.close();

  const core = openTargetSync(medium, {});
  const ofLog = core.regions.asked.size;
  assert.ok(ofLog < 10, `${ofLog} were made, of a log`);
  assert.ok(core.regions.size > 300);
  const region = core.names.get('region 7');
  assert.equal(region?.entries, 1);
  assert.equal(core.regions.get(region.slot.record.id), region);
  assert.equal(core.regions.asked.size, ofLog + 1);
  assert.equal([...core.regions.values()].length, core.regions.size);
  assert.equal(core.regions.asked.size, core.regions.size);
  assert.equal(core.names.get('region 7'), region);
  core.tasks.runSync(core.close());

  const again = await Stream.open(medium);
  again.region('region 5')?.freeSync();
  again.region('region 6')?.appendSync('another');
  again.allocateSync(4096, { name: 'region 5' }).appendSync('new');
  const texts = [...again.entries()].map((entry) => entry.text());
  assert.deepEqual(texts.slice(-2), ['another', 'new']);
  assert.equal(texts.length, 301);
  await again.close();
});
