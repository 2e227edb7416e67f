import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Stream } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { pattern } from '../helpers/bytes.js';
import { LAYOUT, store64 } from '../helpers/format.js';
import { dissect, repair } from './anatomy.js';

/** Where a header says when the stream was made. */
const CREATED = 56;

/** Sound streams, which a forger starts from. */
export function bases(): Uint8Array[] {
  const golden = ['v1-closed', 'v1-table', 'v1-crashed'].map(
    (name) =>
      new Uint8Array(
        readFileSync(fileURLToPath(new URL(`../../../test/golden/${name}.varve`, import.meta.url))),
      ),
  );
  return [...golden, lively(false), lively(true), crowded()];
}

/** Regions of three sizes with entries of all forms, one of them cleared, one freed; closed, or as a crash leaves it. */
function lively(closed: boolean): Uint8Array {
  const medium = new SimulatedMedium(24 * 1024);
  const stream = Stream.openSync(medium, { blockSize: 64 });
  const regions = [4096, 1024, 512, 2048].map((size, index) =>
    stream.allocateSync(size, { name: `region ${index}` }),
  );
  for (let index = 0; index < 40; index++) regions[index % 2]?.appendSync(pattern((index * 7) % 40, index));
  regions[2]?.appendSync('freed');
  regions[3]?.appendSync('cleared');
  regions[3]?.clearSync();
  regions[2]?.freeSync();
  leaveGaps(stream);
  regions[3]?.appendSync('anew', { until: 'committed' });
  if (closed) stream.closeSync();
  else stream.persistSync();
  return imageOf(medium);
}

/** Fillers and entries with gaps behind them. */
function leaveGaps(stream: Stream): void {
  const region = stream.allocateSync(1024, { name: 'gaps' });
  const slots = [40, 24, 16, 64].map((size) => region.reserve(size));
  slots[1]?.publish(16, { until: 'committed' }).catch(() => {});
  slots[2]?.cancel();
  slots[3]?.publish(20, { until: 'committed' }).catch(() => {});
  slots[0]?.publish(8, { until: 'committed' }).catch(() => {});
}

/** So many regions that the table has a further extent. */
function crowded(): Uint8Array {
  const medium = new SimulatedMedium(64 * 1024);
  const stream = Stream.openSync(medium, { blockSize: 64 });
  for (let index = 0; index < 30; index++) stream.allocateSync(128).appendSync(`${index}`);
  return imageOf(medium);
}

/** What a killed process leaves, with an identity that is the same in every run. */
function imageOf(medium: SimulatedMedium): Uint8Array {
  const image = medium.crashPoint().volatile.slice(0, medium.size);
  const anatomy = dissect(image);
  for (const header of anatomy.headers) {
    image.fill(7, header + LAYOUT.header.uuid, header + LAYOUT.header.uuid + 16);
    store64(image, header + CREATED, 0n);
  }
  repair(image, anatomy);
  return image;
}
