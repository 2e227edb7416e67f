import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stream } from '../../src/index.js';
import { pattern, texts } from '../helpers/bytes.js';
import { onEveryFile, onEveryMedium, temporaryDirectory } from '../helpers/media.js';

const text = (life: string, index: number): string =>
  `${life} ${String(index).padStart(4, '0')} ${'.'.repeat(20)}`;

/** Ways in which the same space gets a new life. */
const LIVES = ['clear', 'free and allocate', 'free, reopen and allocate'] as const;

for (const way of LIVES) {
  onEveryFile(
    `entries of an earlier life never come back, whatever a crash leaves: ${way}`,
    async (t, place) => {
      let stream = await place.open();
      let region = await stream.allocate('64KiB');
      for (let index = 0; index < 200; index += 1) region.appendSync(text('old', index));
      if (way === 'clear') await region.clear();
      else {
        await region.free();
        if (way === 'free, reopen and allocate') {
          await stream.close();
          stream = await place.open();
        }
        region = await stream.allocate('64KiB');
      }
      const crash = join(temporaryDirectory(t), 'crash');
      for (let count = 0; count <= 20; count += 1) {
        copyFileSync(place.path, crash);
        for (const readOnly of [true, false]) {
          const again = await Stream.open(crash, { medium: place.kind as 'file', readOnly });
          const expected = Array.from({ length: count }, (_, index) => text('new', index));
          assert.deepEqual(texts(again.entries()), expected, `after ${count} entries of the new life`);
          await again.close();
        }
        region.appendSync(text('new', count));
      }
    },
  );
}

onEveryMedium('the space of a new region shows nothing of the old one', async (_t, place) => {
  const stream = await place.open();
  for (let life = 0; life < 30; life += 1) {
    const region = await stream.allocate('256KiB');
    assert.deepEqual(texts(region), []);
    assert.deepEqual(texts(region.entries({ reverse: true })), []);
    assert.equal(region.cursor().next(), false);
    for (let index = 0; index < 20; index += 1) region.appendSync(text(`life ${life}`, index));
    assert.equal(texts(region).length, 20);
    if (life % 2 === 0) {
      await region.clear();
      assert.deepEqual(texts(region), []);
    }
    await region.free();
  }
});

onEveryFile('bytes that look like entries behind the last one are not', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const bytes = pattern(64, 1);
  for (let index = 0; index < 4; index += 1) region.appendSync(bytes);
  await stream.close();
  const file = readFileSync(place.path);
  const start = file.indexOf(bytes) - 16;
  const length = 4 * 80;
  // A copy of good entries, put where the next ones would stand.
  file.copy(file, start + length, start, start + length);
  writeFileSync(place.path, file);
  const again = await place.open();
  assert.equal(texts(again.entries()).length, 4);
  again.region(region.id)?.appendSync('fifth');
  await again.close();
  assert.equal(texts((await place.open()).entries()).length, 5);
});
