import assert from 'node:assert/strict';
import type { CheckReport } from '../../src/index.js';
import { LAYOUT } from '../helpers/format.js';
import type { KnownRegion } from './anatomy.js';
import type { Expectation, RegionExpectation } from './expectation.js';
import type { Reading, Seen, SeenRegion, Told } from './observation.js';

/** A stream that would not open: only where nobody can, or a writer must not. */
export function judgeRefusal(expected: Expectation, { code, message }: Told, readOnly: boolean): void {
  const { closedToAll, magicGone, tailMissing, slotGone, regions, damage } = expected;
  const incomplete = slotGone || regions.some(({ nameGone }) => nameGone);
  const may = closedToAll || (!readOnly && (tailMissing || incomplete));
  assert.ok(may || damage.moved, `it was refused: ${message}`);
  assert.ok(code === 'VARVE_CORRUPT' || magicGone, `${code}, although a page begins as a stream's does`);
}

/** A stream that was opened: everything exact, or told; and what is whole is served. */
export function judgeSeen(expected: Expectation, seen: Seen): void {
  for (const { id } of seen.regions) {
    assert.ok(
      expected.regions.some(({ known }) => known.id === id),
      `region ${id} was never there`,
    );
  }
  for (const region of expected.regions) judgeRegion(expected, region, seen);
  judgeMerged(expected, seen);
}

function judgeRegion(expected: Expectation, region: RegionExpectation, seen: Seen): void {
  const { known, nameGone } = region;
  const found = seen.regions.find(({ id }) => id === known.id);
  const moved = expected.damage.moved === true;
  if (found === undefined) {
    assert.ok(seen.told, `region ${known.id} is missing without a word`);
    assert.ok(expected.slotGone || moved, `region ${known.id} is missing`);
    return;
  }
  assert.ok(found.offset === known.offset && found.size === known.size);
  if (found.name !== known.name) {
    assert.ok(seen.told && found.name === undefined, `the name of region ${known.id} is another one`);
    assert.ok(nameGone || moved, `the name of region ${known.id} is missing`);
  }
  judgeEntries(expected, region, found, seen.merged.told !== undefined);
  judgeBackwards(found);
}

function judgeEntries(
  expected: Expectation,
  { known, broken, certain }: RegionExpectation,
  found: SeenRegion,
  toldElsewhere: boolean,
): void {
  const { entries, told } = found.reading;
  assertKnown(known, found.reading);
  const all = known.entries;
  // An entry that was moved behind the end of another region passes for that one's in a stream that was not closed.
  const misplaced = expected.damage.moved && !expected.reference.closed && toldElsewhere;
  if (entries.length < all.length) {
    assert.ok(
      told || misplaced || (broken !== undefined && !certain),
      `entries of region ${known.id} are missing without a word`,
    );
  }
  const before = broken === undefined ? all.length : all.filter(({ at }) => at < broken.start).length;
  const may = expected.tailMissing || expected.slotGone || broken !== undefined || expected.damage.moved;
  assert.ok(told === undefined || may, `region ${known.id} is said to be damaged: ${told?.message}`);
  if (expected.damage.moved) return;
  assert.equal(entries.length, before, `entries of region ${known.id} in front of the damage`);
  if (told !== undefined && broken !== undefined && certain) {
    const offset = told.offset ?? broken.start - known.offset;
    assert.equal(offset, broken.start - known.offset, 'the place that was told');
  }
}

/** Backwards, the same entries come, or nothing and a word. */
function judgeBackwards({ id, reading, backwards, last }: SeenRegion): void {
  assert.equal(last, reading.entries.at(-1)?.timestamp, 'what is whole is found by its timestamp');
  const told = reading.told !== undefined;
  assert.equal(backwards.told !== undefined, told, `forwards and backwards, region ${id} says the same`);
  if (!told) {
    const { entries } = backwards;
    assert.equal(entries.length, reading.entries.length);
    assert.ok(reading.entries.every(({ timestamp }, i) => entries.at(-1 - i)?.timestamp === timestamp));
  }
}

/** Every entry is one that was appended, in the order of appending, and in place of none there is another. */
export function assertKnown(known: KnownRegion, { entries }: Reading): void {
  const all = known.entries;
  let next = 0;
  for (const { timestamp, data } of entries) {
    while (next < all.length && (all[next]?.timestamp as number) < timestamp) next++;
    const entry = all[next++];
    assert.equal(entry?.timestamp, timestamp, `region ${known.id} never had an entry ${timestamp} there`);
    assert.ok(entry?.data.equals(data), `entry ${timestamp} has other bytes`);
  }
}

/** Merged, the same entries come, and where some are missing it is told. */
function judgeMerged({ regions }: Expectation, { merged, regions: seen, told }: Seen): void {
  const { entries } = merged;
  for (let i = 1; i < entries.length; i++) {
    assert.ok(
      (entries[i - 1]?.timestamp as number) < (entries[i]?.timestamp as number),
      'merged out of order',
    );
  }
  for (const { known } of regions) {
    assertKnown(known, { entries: entries.filter(({ region }) => region === known.id), told: undefined });
  }
  const toldOf = seen.some(({ reading }) => reading.told !== undefined) || told !== undefined;
  assert.equal(merged.told !== undefined, toldOf, 'merged and apart, the same is told');
  const apart = seen.reduce((sum, { reading }) => sum + reading.entries.length, 0);
  if (merged.told === undefined) assert.equal(entries.length, apart);
}

/** Of a stream that was closed, a writer makes whole again what stands twice, as it was. */
export function judgeRepair({ reference, damage, meaningful, bytes }: Expectation): void {
  const { image, slots, closed } = reference;
  if (!closed || !meaningful || damage.moved) return;
  const { page, header, state, record } = LAYOUT;
  const assertAsItWas = (from: number, to: number) =>
    assert.equal(bytes.compare(image, from, to, from, to), 0, `the copy at ${from} was not mended`);
  for (const { offset, size } of [header, state])
    for (const at of [offset, page + offset]) assertAsItWas(at, at + size);
  // The last words of a record may say now which slot it is in, which those of the first programs did not.
  for (const { copies } of slots)
    for (const copy of copies) assertAsItWas(copy + record.sequence, copy + record.count + 8);
}

/** The report says that something is wrong exactly if something is, and where. */
export function judgeReport(
  { meaningful, regions, damage, reference }: Expectation,
  report: CheckReport,
): void {
  if (reference.closed && !damage.moved)
    assert.equal(report.ok, !meaningful, 'check says whether all is well');
  for (const { known, broken, certain, recordGone } of regions) {
    if (broken === undefined || !certain || recordGone || damage.moved) continue;
    const told = report.problems.filter(({ code }) => code === 'VARVE_CORRUPT');
    const placed = told.some(
      ({ region, offset }) => region === known.id && offset === broken.start - known.offset,
    );
    const somewhere = told.some(({ region }) => region === undefined);
    assert.ok(
      placed || (!reference.closed && somewhere),
      `check does not name the damage in region ${known.id}`,
    );
  }
}
