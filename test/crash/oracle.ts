import assert from 'node:assert/strict';
import type { Outcome } from './examine.js';
import { describe, holds, type Known, type KnownRegion, newestOf, startsWith } from './known.js';

/** What may be found after a crash. */
export interface Expectation {
  /** What was there before the operation under way. */
  readonly before: Known;
  /** What is there once it is done; the same if none was under way. */
  readonly after: Known;
  /** The newest timestamp that had been given out to anybody. */
  readonly given: number;
}

/**
 * Throws unless what was found is one of the things that may be: acknowledged entries as they were, those in flight whole or
 * not at all, no timestamp given out twice.
 */
export function assertExpected({ found, committed, next }: Outcome, expected: Expectation): void {
  assertAllowed(found, expected);
  assertWholeTransactions(found, expected);
  const { given } = expected;
  const newest = newestOf(found);
  assert.ok(newest <= given, `timestamp ${newest} was never given out, ${given} was the newest`);
  assert.ok(committed <= given, `${committed} was never given out, ${given} was the newest`);
  assert.ok(next === undefined || next > given, `timestamp ${next} is given out again: it was at ${given}`);
}

function assertAllowed(found: Known, { before, after }: Expectation): void {
  for (const known of [before, after, found]) {
    for (const id of known.keys()) {
      const problem = problemOf(found.get(id), before.get(id), after.get(id));
      if (problem === undefined) continue;
      assert.fail(
        `Region ${id}: ${problem}. Found: ${describe(found)}. ` +
          `Before: ${describe(before)}. After: ${describe(after)}`,
      );
    }
    if (known === before && before === after && sameIds(before, found)) return;
  }
}

/** Of each transaction all or nothing is there, but for regions that were being cleared or freed. */
function assertWholeTransactions(found: Known, { before, after }: Expectation): void {
  const parts = before === after ? partsOf(after) : [...partsOf(before), ...partsOf(after)];
  const seen = new Set(
    parts.filter(({ id, timestamp }) => holds(found, id, timestamp)).map(({ transaction }) => transaction),
  );
  for (const { id, timestamp, transaction } of parts) {
    if (!seen.has(transaction) || holds(found, id, timestamp) || !holds(after, id, timestamp)) continue;
    assert.fail(
      `the transaction up to ${transaction} is there without ${timestamp}. Found: ${describe(found)}. After: ${describe(after)}`,
    );
  }
}

function partsOf(known: Known): { id: number; timestamp: number; transaction: number }[] {
  return [...known.values()].flatMap(({ id, entries }) =>
    entries.flatMap(({ timestamp, transaction }) =>
      transaction === undefined ? [] : { id, timestamp, transaction },
    ),
  );
}

function sameIds(one: Known, other: Known): boolean {
  if (one.size !== other.size) return false;
  for (const id of one.keys()) if (!other.has(id)) return false;
  return true;
}

/** What is wrong with a region as it was found, given how it was before and after the operation under way. */
function problemOf(
  found: KnownRegion | undefined,
  before: KnownRegion | undefined,
  after: KnownRegion | undefined,
): string | undefined {
  if (found === undefined) {
    return before === undefined || after === undefined ? undefined : 'it is gone';
  }
  const like = before ?? after;
  if (like === undefined) return 'it was never allocated';
  if (found.name !== like.name || found.size !== like.size) return 'its name or size is another one';
  return possibleLives(before, after).some(({ least, all }) => continues(found, least, all))
    ? undefined
    : 'acknowledged entries are missing, or others are there';
}

/** The lives of a region that may be found: its entries, and how many of them must be there at least. */
function possibleLives(
  before: KnownRegion | undefined,
  after: KnownRegion | undefined,
): { least: number; all: KnownRegion }[] {
  if (before !== undefined && after !== undefined && startsWith(after.entries, before.entries))
    return [{ least: before.persisted, all: after }];
  const lives: { least: number; all: KnownRegion }[] = [];
  if (before !== undefined) lives.push({ least: before.persisted, all: before });
  if (after !== undefined) lives.push({ least: 0, all: after });
  return lives;
}

/** True if the entries found are the first ones of `all`, and at least `least` of them. */
function continues(found: KnownRegion, least: number, all: KnownRegion): boolean {
  return found.entries.length >= least && startsWith(all.entries, found.entries);
}
