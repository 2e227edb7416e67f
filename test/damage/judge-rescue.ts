import assert from 'node:assert/strict';
import type { Missing } from '../../src/index.js';
import type { Link } from './anatomy.js';
import type { Expectation, RegionExpectation } from './expectation.js';
import { assertKnown } from './judge.js';
import type { Rescued } from './observation.js';

/** Everything that is whole was got out, nothing else, and what is missing was said. */
export function judgeRescue(expected: Expectation, rescued: Rescued | undefined): void {
  const { headerGone, damage, closedToAll, slotGone, tailMissing } = expected;
  assert.ok(headerGone || rescued !== undefined, 'it is said that nothing can be told');
  if (rescued === undefined) return;
  // A header of which nothing but zeroes was cut off is as good as whole.
  assert.ok(!headerGone || damage.length !== undefined, 'both headers are damaged');
  const { regions, reading, missing } = rescued;
  assert.equal(reading.told, undefined);
  assert.ok(regions.every(({ id }) => expected.regions.some(({ known }) => known.id === id)));
  for (const region of expected.regions) judgeRegion(expected, region, rescued);
  if (damage.moved) return;
  const hurt = expected.regions.some(
    ({ nameGone, broken, certain }) => nameGone || (broken !== undefined && certain),
  );
  const something = closedToAll || slotGone || tailMissing || hurt;
  assert.equal(missing.length > 0, something, `missing: ${missing.map(({ message }) => message)}`);
}

function judgeRegion(
  expected: Expectation,
  region: RegionExpectation,
  { regions, reading, missing }: Rescued,
): void {
  const { damage, slotGone } = expected;
  const { known, nameGone, broken, certain, whole } = region;
  const found = regions.find(({ id }) => id === known.id);
  if (found === undefined) {
    assert.ok(slotGone || damage.moved, `region ${known.id} was not found`);
    // Moved records of streams that were made before records knew their slots may be told by the names beside them only.
    assert.ok(missing.some(({ what }) => what === 'region' || (damage.moved && what === 'name')));
    return;
  }
  if (found.name !== known.name) {
    assert.ok(
      found.name === undefined && (nameGone || damage.moved || damage.length),
      `region ${known.id} has another name`,
    );
    assert.ok(missing.some((each) => each.what === 'name' && each.region === known.id));
  }
  const entries = reading.entries.filter((entry) => entry.region === known.id);
  assertKnown(known, { entries, told: undefined });
  if (damage.moved) return;
  const due =
    broken === undefined || expected.tailMissing || certain
      ? whole
      : whole.filter((link) => link.start < broken.start);
  const got = new Set(entries.map(({ timestamp }) => timestamp));
  for (const { entry } of due.filter(({ next }) => isReadable(expected, next)))
    assert.ok(got.has(entry?.timestamp as number), `entry ${entry?.timestamp} was left behind`);
  if (broken !== undefined && certain) judgeRanges(region, missing, expected);
}

/** What ends in a word that was cut into is not read. */
function isReadable({ bytes }: Expectation, next: number): boolean {
  return next <= bytes.length - (bytes.length % 8);
}

/** Where entries are missing, ranges say so; and how many, if that can be known. */
function judgeRanges(
  { known, whole }: RegionExpectation,
  missing: readonly Missing[],
  expected: Expectation,
): void {
  const { closed } = expected.reference;
  const lost = missing.find(({ what, region }) => what === 'entries' && region === known.id);
  const isBroken = (link: Link) =>
    link.entry !== undefined && (!whole.includes(link) || !isReadable(expected, link.next));
  const broken = known.chain.filter(isBroken);
  if (lost === undefined) {
    assert.ok(!closed || broken.length === 0, `nothing is said to be missing in region ${known.id}`);
    return;
  }
  for (const { start } of broken) {
    if (start >= known.mark) continue;
    const at = start - known.offset;
    assert.ok(
      lost.ranges.some(({ from, to }) => from <= at && at < to),
      `offset ${at} is not said to be missing`,
    );
  }
  if (closed) assert.equal(lost.entries ?? 0, broken.length, 'the number of missing entries');
  for (const { entry } of broken) {
    const between = ({ after, before }: { after: number; before: number | undefined }) =>
      after < (entry?.timestamp ?? 0) && (entry?.timestamp ?? 0) < (before ?? Infinity);
    if (closed)
      assert.ok(lost.ranges.some(between), `timestamp ${entry?.timestamp} is not said to be missing`);
  }
}
