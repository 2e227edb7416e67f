// Makes test/golden/v1-*.varve and what must be read from them. It was run once for each of them, and is not to be
// run again: the files show that later programs read what the first one wrote. A later version of the format gets files of its own.
//
//   npm run build && node scripts/make-golden.js <directory> <name> ...        name: closed, table, crashed, grown
//
// It needs the native addon. What is expected is written down from what was appended, not from what is read back.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stream } from 'varve';

const target = process.argv[2];
if (target === undefined) throw new Error('Cannot make golden files: name the directory to put them in');
mkdirSync(target, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'varve-golden-'));

/** Bytes that show where they begin, so that a shifted payload is told from the right one. */
function bytes(size) {
  return Uint8Array.from({ length: size }, (_, i) => (size + 31 * i) % 251);
}

/** Notes what a region holds while it is filled. */
class Notes {
  constructor() {
    this.regions = new Map();
  }

  region(region) {
    const { id, name, size } = region;
    this.regions.set(id, { id, name, size, entries: [] });
    return region;
  }

  /** Only what is durable when the file is copied counts. */
  entry(region, entry) {
    this.regions
      .get(region.id)
      .entries.push({ timestamp: entry.timestamp, data: Buffer.from(entry.data).toString('base64') });
  }

  cleared(region) {
    this.regions.get(region.id).entries = [];
  }

  freed(region) {
    this.regions.delete(region.id);
  }

  write(name, stream) {
    const { size, blockSize, committed } = stream;
    const facts = { size, blockSize, newest: committed, regions: [...this.regions.values()] };
    writeFileSync(join(target, `${name}.json`), `${JSON.stringify(facts, null, 2)}\n`);
  }
}

/** Several regions with and without names, entries of many sizes, all forms, a cleared and a freed region; two sessions. */
async function makeClosed() {
  const path = join(target, 'v1-closed.varve');
  const notes = new Notes();
  let stream = await Stream.open(path, { size: 28 * 1024, blockSize: 64, mode: 'create', medium: 'file' });
  const allocate = async (size, options) => notes.region(await stream.allocate(size, options));
  const append = (region, data) => notes.entry(region, region.appendSync(data));
  const sizes = await allocate(6 * 1024, { name: 'sizes' });
  const nameless = await allocate(512);
  const gone = await allocate(1024, { name: 'gone' });
  const cleared = await allocate(256, { name: 'geleert ✓' });
  await allocate(64, { name: 'n'.repeat(255) });
  for (const size of [0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 255, 256, 1000, 2047]) {
    append(sizes, bytes(size));
    if (size < 64) append(nameless, `${size} in between`);
  }
  append(gone, 'this will be freed');
  append(cleared, 'this will be cleared');
  append(cleared, 'and this');
  await cleared.clear();
  notes.cleared(cleared);
  append(cleared, 'after the clear');
  await gone.free();
  notes.freed(gone);
  append(await allocate(128, { name: 'heir of a part of the space' }), 'where another one was');
  await stream.close();

  stream = await Stream.open(path, { medium: 'file' });
  await shrinkAndCancel(await allocate(1024, { name: 'slots' }), notes);
  append(await allocate(64, { name: 'exactly full' }), bytes(48));
  append(stream.region('sizes'), 'in a second session');
  await stream.persist();
  notes.write('v1-closed', stream);
  await stream.close();
}

/** Leaves entries with a gap behind them, fillers behind entries, and fillers alone. */
async function shrinkAndCancel(region, notes) {
  const slots = [24, 24, 100, 40, 8, 0].map((size) => region.reserve(size));
  const [gap, whole, shrunk, cancelled, small, empty] = slots;
  for (const slot of slots) slot.data.set(bytes(slot.size));
  const published = [gap.publish(16), whole.publish(), shrunk.publish(50), small.publish(3), empty.publish()];
  cancelled.cancel();
  for (const entry of await Promise.all(published)) notes.entry(region, entry);
}

/** More regions than the first table has slots for. */
async function makeTable() {
  const path = join(target, 'v1-table.varve');
  const notes = new Notes();
  const stream = await Stream.open(path, { size: 32704, blockSize: 64, mode: 'create', medium: 'file' });
  for (let i = 1; i <= 20; i++) {
    const region = notes.region(await stream.allocate(64, i % 3 === 0 ? {} : { name: `region ${i}` }));
    notes.entry(region, region.appendSync(bytes(2 * i)));
  }
  notes.write('v1-table', stream);
  await stream.close();
}

/** As a crash leaves it: some entries durable in groups, one committed without a checksum, one reserved and half written. */
async function makeCrashed() {
  const path = join(work, 'crashed.varve');
  const notes = new Notes();
  const stream = await Stream.open(path, { size: 28 * 1024, mode: 'create', medium: 'page-cache' });
  const first = notes.region(await stream.allocate(4096, { name: 'first' }));
  const second = notes.region(await stream.allocate(8192, { name: 'second' }));
  for (let group = 0; group < 5; group++) {
    for (let i = 0; i < 7; i++) {
      const region = i % 3 === 0 ? second : first;
      notes.entry(region, region.appendSync(bytes(10 * group + i), { until: 'committed' }));
    }
    stream.persistSync();
  }
  const cancelled = second.reserve(30);
  const behind = second.append('behind a cancelled slot');
  cancelled.cancel();
  notes.entry(second, await behind);
  notes.write('v1-crashed', stream);
  first.appendSync('committed, not persisted', { until: 'committed' });
  second.reserve(64).data.set(bytes(64));
  copyFileSync(path, join(target, 'v1-crashed.varve'));
  await stream.close();
}

/** It has grown twice, for a region and for the table. */
async function makeGrown() {
  const path = join(target, 'v1-grown.varve');
  const notes = new Notes();
  const options = { size: 13 * 1024, blockSize: 64, mode: 'create', medium: 'file', maxSize: '64KiB' };
  let stream = await Stream.open(path, options);
  const first = notes.region(await stream.allocate(512, { name: 'first' }));
  notes.entry(first, first.appendSync('in what it began with'));
  const large = notes.region(await stream.allocate(4096, { name: 'large' }));
  notes.entry(large, large.appendSync(bytes(3000)));
  await stream.close();
  stream = await Stream.open(path, { medium: 'file', maxSize: '64KiB' });
  for (let i = 0; i < 14; i++) {
    const region = notes.region(await stream.allocate(64));
    notes.entry(region, region.appendSync(bytes(i)));
  }
  notes.write('v1-grown', stream);
  await stream.close();
}

const MAKERS = { closed: makeClosed, table: makeTable, crashed: makeCrashed, grown: makeGrown };

try {
  for (const name of process.argv.slice(3)) await MAKERS[name]();
} finally {
  rmSync(work, { recursive: true, force: true });
}
