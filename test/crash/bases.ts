import { Stream } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { readAll } from './known.js';
import type { Base } from './world.js';

/** A base for sequences: what `prepare` leaves in a new stream, closed or not. */
function baseOf(name: string, size: number, closed: boolean, prepare: (stream: Stream) => void): Base {
  const medium = new SimulatedMedium(size);
  const stream = Stream.openSync(medium, { blockSize: 64 });
  prepare(stream);
  if (closed) stream.closeSync();
  const known = readAll(closed ? Stream.openSync(medium) : stream);
  const given = stream.committed;
  const [image] = medium.crashImages({ exhaustive: 0 });
  medium.close();
  return { name, image: image as Uint8Array, known, given };
}

function twoRegions(stream: Stream): void {
  const first = stream.allocateSync(256, { name: 'first' });
  stream.allocateSync(128);
  first.appendSync('there before');
}

/** Streams that have hardly any room left, and may grow. */
export const GROWING: readonly Base[] = [
  baseOf('closed, may grow', 13_312, true, twoRegions),
  baseOf('full table and no room, may grow', 12_288 + 15 * 64, true, (stream) => {
    for (let i = 0; i < 14; i++) stream.allocateSync(64).appendSync('x');
  }),
].map((base) => ({ ...base, maxSize: 20_000 }));

/** Where sequences start. */
export const BASES: readonly Base[] = [
  baseOf('closed', 16_384, true, twoRegions),
  baseOf('crashed', 16_384, false, twoRegions),
  baseOf('full table', 32_768, true, (stream) => {
    for (let i = 0; i < 14; i++) stream.allocateSync(64).appendSync('x');
  }),
];
