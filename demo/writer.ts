// The process that is killed: appends what the stream still lacks of the plan, and says on standard output what is durable.
//
//   node writer.js <stream> <log>
import { readFileSync, writeSync } from 'node:fs';
import { type Region, Stream } from '../src/index.js';
import { encode } from './acknowledgement.js';
import { planOf } from './plan.js';

const IN_FLIGHT = 256;
const STANDARD_OUTPUT = 1;

const [path = '', log = ''] = process.argv.slice(2);
const { entries } = planOf(readFileSync(log));
const stream = await Stream.open(path, { mode: 'open' });
const there = new Map(Array.from(stream.regions(), (region) => [region.name, lengthOf(region)]));

let group: Promise<void>[] = [];
for (const [index, { region, bytes }] of entries.entries()) {
  const already = there.get(region) ?? 0;
  if (already > 0) {
    there.set(region, already - 1);
    continue;
  }
  group.push(appendAndTell(index, region, bytes));
  if (group.length < IN_FLIGHT) continue;
  await Promise.all(group);
  group = [];
}
await Promise.all(group);
await stream.close();

async function appendAndTell(index: number, name: string, bytes: Buffer): Promise<void> {
  const entry = await stream.region(name)?.append(bytes);
  if (entry === undefined) throw new Error(`The region ${name} is gone`);
  writeSync(STANDARD_OUTPUT, encode({ index, region: entry.region.id, timestamp: entry.timestamp }));
}

function lengthOf(region: Region): number {
  const cursor = region.cursor();
  let count = 0;
  while (cursor.next()) count += 1;
  return count;
}
