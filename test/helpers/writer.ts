/**
 * A writer to be killed: `writer.js <path> <medium> <run> [committed]`. It appends to the regions 'a' and 'b' for ever and writes a line
 * `<timestamp> <run> <number> <region>` to its standard output after each acknowledgement, and never before.
 */
import { writeSync } from 'node:fs';
import { type Entry, type Region, Stream, type StreamOptions } from '../../src/index.js';
import { ledgerBytes } from './ledger.js';

const [path = '', medium = 'file', runText = '0', until = 'persisted'] = process.argv.slice(2);
const run = Number(runText);

const stream = await Stream.open(path, {
  size: '16MiB',
  medium: medium as NonNullable<StreamOptions['medium']>,
});
const regions = ['a', 'b'].map((name) => stream.region(name) ?? stream.allocateSync('7MiB', { name }));
writeSync(1, 'ready\n');

function acknowledge(entry: Entry, number: number): void {
  writeSync(1, `${entry.timestamp} ${run} ${number} ${entry.region.name}\n`);
}

/** One after the other, blocking. */
function burst(first: number, region: Region): void {
  const mode = until === 'committed' ? 'committed' : 'persisted';
  for (let number = first; number < first + 20; number += 1) {
    acknowledge(region.appendSync(ledgerBytes(run, number), { until: mode }), number);
  }
}

/** Many in flight, in both regions, some of them through slots. */
async function flight(first: number): Promise<void> {
  const pending: Promise<void>[] = [];
  for (let number = first; number < first + 60; number += 1) {
    const region = regions[number % 2] as Region;
    const bytes = ledgerBytes(run, number);
    if (number % 7 === 0) {
      const slot = region.reserve(bytes.byteLength + 24);
      slot.data.set(bytes);
      pending.push(slot.publish(bytes.byteLength).then((entry) => acknowledge(entry, number)));
    } else {
      pending.push(region.append(bytes).then((entry) => acknowledge(entry, number)));
    }
  }
  if (until === 'persisted') await Promise.all(pending);
  else await Promise.allSettled(pending);
}

for (let number = 0; ; ) {
  for (const region of regions) {
    burst(number, region);
    number += 20;
  }
  if (until === 'persisted') {
    await flight(number);
    number += 60;
  }
  // Room is made again by clearing what is nearly full; the ledger says so.
  for (const region of regions) {
    if (region.available > 1024 * 1024) continue;
    writeSync(1, `clearing ${region.name}\n`);
    region.clearSync();
    writeSync(1, `cleared ${region.name}\n`);
  }
}
