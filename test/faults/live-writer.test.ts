import assert from 'node:assert/strict';
import type { Stream } from '../../src/index.js';
import { start } from '../helpers/child.js';
import { isFailure } from '../helpers/errors.js';
import { onEveryFile } from '../helpers/media.js';

const READ_FOR_MS = 1500;

/**
 * Reads all regions, each for itself, until the writer takes the ground away. What a clear puts in the place of entries that are being
 * read is not looked at: readers of other processes learn of it only by opening again.
 */
function readAll(stream: Stream): number {
  let entries = 0;
  for (const region of stream.regions()) {
    try {
      for (const { size } of region) entries += size < 300 ? 1 : 0;
    } catch (error) {
      // The writer may clear a region while it is read; that is no damage.
      if (!isFailure(error, ['VARVE_REGION_FREED'])) throw error;
    }
  }
  return entries;
}

onEveryFile('opened read-only beside a writer that never rests: never called damaged', async (t, place) => {
  await (await place.open()).close();
  const writer = start(t, 'churner', [place.path, place.kind]);
  await writer.wrote(1);
  let openings = 0;
  let entries = 0;
  for (const end = Date.now() + READ_FOR_MS; Date.now() < end; openings += 1) {
    const stream = await place.open({ readOnly: true });
    entries += readAll(stream);
    await stream.close();
  }
  writer.kill();
  assert.ok(openings > 1 && entries > 0, `${openings} openings, ${entries} entries`);
});
