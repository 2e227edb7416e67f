/**
 * A reader beside writers that come and go: `live-reader.js <path> <medium> <seed> <report>`. It follows all regions, and looks at this and
 * that meanwhile; every byte is judged. It ends with the last entry of the run, and leaves a report.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Entry, Stream, type StreamOptions } from '../../src/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { isFailure } from '../helpers/errors.js';
import { END, type KnownEntry, type Report } from './live-told.js';
import { originOf } from './payload.js';

const [path = '', medium, seed = '1', file = ''] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const options: StreamOptions = { medium: medium as NonNullable<StreamOptions['medium']>, readOnly: true };
const stream = await Stream.open(path, options);
const report: Report = { tail: [], gone: [], persisted: 0, looks: {} };
const lives = new Map<number, number>();
let over = false;
process.stdin.resume().on('end', () => process.exit(3));

function judged(entry: Entry, where: string): KnownEntry {
  const origin = originOf(entry.copy(), where);
  assert.equal(origin.region, entry.region.id, where);
  return { ...origin, timestamp: entry.timestamp };
}

/** Undefined if the region was cleared or freed. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isFailure(error, ['VARVE_REGION_FREED'])) return undefined;
    throw error;
  }
}

async function follow(): Promise<void> {
  let last = 0;
  for await (const entry of stream.tail()) {
    const { timestamp } = entry;
    assert.ok(timestamp > last, `the tail: ${timestamp} comes after ${last}`);
    last = timestamp;
    const known = unlessGone(() => judged(entry, 'the tail'));
    if (known === undefined) report.gone.push(timestamp);
    else report.tail.push(known);
    if (entry.region.name === END) return;
    if (random(200) === 0) await sleep(random(10));
  }
}

function lookAtRegion(): void {
  const regions = [...stream.regions()];
  const region = regions[random(Math.max(1, regions.length))];
  if (region === undefined) return;
  const where = `region ${region.id}`;
  const from = random(2) === 0 ? 0 : Math.max(0, stream.committed - random(50));
  const reverse = random(3) === 0;
  const entries = unlessGone(() =>
    Array.from(region.entries(reverse ? { reverse } : { from }), (entry) => judged(entry, where)),
  );
  if (entries === undefined) return;
  if (reverse) entries.reverse();
  for (const [i, { life, timestamp }] of entries.entries()) {
    assert.ok(
      life >= (lives.get(region.id) ?? 0),
      `${where}: entries of life ${life} after those of life ${lives.get(region.id)}`,
    );
    lives.set(region.id, life);
    assert.ok(timestamp > (entries[i - 1]?.timestamp ?? 0), `${where}: ${timestamp} is out of order`);
  }
}

function lookAtAll(): void {
  let last = 0;
  for (const entry of stream.entries({ from: Math.max(0, stream.committed - 200) })) {
    const known = unlessGone(() => judged(entry, 'all regions'));
    assert.ok(entry.timestamp > last, `all regions: ${entry.timestamp} comes after ${last}`);
    last = entry.timestamp;
    if (known !== undefined)
      assert.ok(known.life >= (lives.get(known.region) ?? 0), `all regions: an old life of ${known.region}`);
  }
}

let persisted = 0;
function lookAtProgress(): void {
  const now = stream.persisted;
  assert.ok(now >= persisted, `persisted went back from ${persisted} to ${now}`);
  persisted = now;
  assert.ok(stream.committed >= now, `committed ${stream.committed}, persisted ${now}`);
}

async function lookAtCursor(): Promise<void> {
  const regions = [...stream.regions()];
  const region = regions[random(Math.max(1, regions.length))];
  if (region === undefined) return;
  const cursor = unlessGone(() => region.cursor());
  for (let i = 0; cursor !== undefined && i < 100; i++) {
    const entry = unlessGone(() => (cursor.next() ? cursor.entry : undefined));
    if (entry === undefined) return;
    unlessGone(() => judged(entry, `a cursor of region ${region.id}`));
    if (random(20) === 0) {
      await sleep(random(5));
      unlessGone(() => judged(entry, `a kept entry of region ${region.id}`));
    }
  }
}

const LOOKS = { lookAtRegion, lookAtAll, lookAtProgress, lookAtCursor };

async function lookAround(): Promise<void> {
  const all = Object.entries(LOOKS);
  while (!over) {
    const [name, look] = all[random(all.length)] as (typeof all)[number];
    report.looks[name] = (report.looks[name] ?? 0) + 1;
    await look();
    await sleep(random(8));
  }
}

await Promise.all([
  follow().finally(() => {
    over = true;
  }),
  lookAround(),
]);
const end = report.tail.at(-1)?.timestamp ?? 0;
await stream.whenPersisted(end);
assert.ok(stream.persisted >= end, `persisted ${stream.persisted}, not ${end}`);
await stream.close();
writeFileSync(file, JSON.stringify({ ...report, persisted: end }));
process.exit();
