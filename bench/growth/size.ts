import { closeSync, openSync, readSync, statfsSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HEADER, PAGE, STATE } from '../../src/format/layout.js';
import { streamSeed } from '../../src/format/seeds.js';
import { decodeState, encodeState } from '../../src/format/state.js';
import { Stream } from '../../src/index.js';
import type { Bench, Group } from '../lib/groups.js';
import { timed } from '../lib/stats.js';
import { afterWarming, BYTES, Curves, each, remove, TIME } from './curves.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const SIZES = [64 * MIB, 256 * MIB, GIB, 4 * GIB, 16 * GIB, 64 * GIB];
const DATA = new Uint8Array(64).fill(7);

/** Streams of more and more bytes. */
export const sizeGroups: readonly Group[] = (['page-cache', 'file'] as const).map((kind) => ({
  name: `size-${kind}`,
  title: `streams of more and more bytes, ${kind}, {place}`,
  place: 'disk',
  needsAddon: kind === 'page-cache',
  run: (bench) => grow(bench, kind),
}));

async function grow(bench: Bench, kind: 'page-cache' | 'file'): Promise<void> {
  const curves = new Curves(bench, {
    name: `size-${kind}`,
    title: `A stream, by its size: ${kind}`,
    x: { ...BYTES, label: 'bytes of the stream' },
    y: TIME,
    note: 'Creating allocates all bytes of the file (fallocate) and writes none but the first pages; as far as a third of what the disk has free. The other lines are of sparse files, which have grown to that size without being allocated.',
  });
  await afterWarming([curves], bench.quick ? SIZES.slice(0, 3) : SIZES, (size) => {
    const path = join(bench.directory, `size-${size}`);
    create(bench, curves, { path, kind, size });
    makeSparse(path, size);
    work(curves, path, kind, size);
    remove(path);
  });
}

interface Wanted {
  readonly path: string;
  readonly kind: 'page-cache' | 'file';
  readonly size: number;
}

function create(bench: Bench, curves: Curves, { path, kind, size }: Wanted): void {
  const { bavail, bsize } = statfsSync(bench.directory);
  if (size > (bavail * bsize) / 3) {
    bench.leaveOut(`creating ${size / GIB} GiB: the disk has ${Math.floor((bavail * bsize) / GIB)} GiB free`);
    return;
  }
  const made = Array.from({ length: 3 }, () => {
    remove(path);
    return timed(() => Stream.openSync(path, { size, mode: 'create', medium: kind }).closeSync());
  });
  curves.add('create and close', size, made);
  remove(path);
}

/** A stream that has grown to `size` bytes, of which the file has none: as a writer would leave it on a file system without room. */
function makeSparse(path: string, size: number): void {
  Stream.openSync(path, { size: MIB, mode: 'create' }).closeSync();
  truncateSync(path, size);
  const fd = openSync(path, 'r+');
  const page = new Uint8Array(PAGE);
  for (const at of [0, PAGE]) {
    readSync(fd, page, 0, PAGE, at);
    const seed = streamSeed(page.subarray(HEADER.uuid, HEADER.uuid + 16));
    const state = decodeState(page.subarray(STATE.at, STATE.at + STATE.size), seed);
    if (state === undefined) throw new Error('a stream that was just closed has no state');
    const grown = encodeState({ ...state, size, sequence: state.sequence + 1 }, seed);
    writeSync(fd, grown, 0, grown.length, at + STATE.at);
  }
  closeSync(fd);
}

function work(curves: Curves, path: string, kind: 'page-cache' | 'file', size: number): void {
  const stream = Stream.openSync(path, { medium: kind });
  const bytes = Math.min(4 * GIB - 4096, Math.floor((stream.available * 3) / 4 / 4096) * 4096);
  // All regions that have room: the last one lies at the end.
  let region = stream.allocateSync(bytes);
  while (stream.available >= bytes) region = stream.allocateSync(bytes);
  curves.add(
    'append at the end, persisted',
    size,
    each(5, 10, () => region.appendSync(DATA)),
  );
  curves.add(
    'free and allocate',
    size,
    each(3, 5, () => {
      region.freeSync();
      region = stream.allocateSync(bytes);
    }),
  );
  stream.closeSync();
  const opened = Array.from({ length: 5 }, () => {
    let again: Stream | undefined;
    const time = timed(() => {
      again = Stream.openSync(path, { medium: kind });
    });
    again?.closeSync();
    return time;
  });
  curves.add('open after a clean close', size, opened);
}
