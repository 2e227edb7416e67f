import assert from 'node:assert/strict';
import { Stream } from '../../src/index.js';
import { type CrashImageOptions, type CrashPoint, SimulatedMedium } from '../../src/testing/index.js';
import { describe, type Known, type KnownRegion, readAll, startsWith } from './known.js';

/** What may be found after a crash. */
export interface Expectation {
  /** What was there before the operation under way. */
  readonly before: Known;
  /** What is there once it is done; the same if none was under way. */
  readonly after: Known;
  /** The newest timestamp that had been given out to anybody. */
  readonly given: number;
}

/** How far an image is looked into, besides being opened and read. */
export interface Depth {
  /** Crash again at every drain of the recovery. */
  readonly recoveryCrashes: CrashImageOptions | undefined;
  /** Open it read-only as well, which must show the same and change nothing. */
  readonly readOnly: boolean;
  /** Append, close, open again. */
  readonly goOn: boolean;
  /** Let the stream check itself at the end. */
  readonly check: boolean;
}

/**
 * Opens an image and throws unless what it shows is one of the things that may be.
 *
 * @returns a stream that is to check itself, where that was asked for
 */
export function judge(image: Uint8Array, expected: Expectation, depth: Depth): Stream | undefined {
  const medium = SimulatedMedium.fromImage(image);
  const points: CrashPoint[] = [];
  if (depth.recoveryCrashes !== undefined) medium.onDrain = () => points.push(medium.crashPoint());
  const stream = Stream.openSync(medium, { mode: 'open' });
  medium.onDrain = undefined;
  const found = readAll(stream);
  assertAllowed(found, expected);
  assertNewest(stream, found, expected.given);
  assert.deepEqual(medium.pendingIn(0, medium.size), [], 'recovery leaves something that is not durable');
  if (depth.readOnly) assertReadOnlyShows(image, found);
  for (const point of points) {
    for (const again of point.images(depth.recoveryCrashes))
      assertShows(again, found, 'after a crash in recovery');
  }
  if (!depth.goOn) {
    stream.closeSync();
    return undefined;
  }
  const grown = appendTwo(stream, found, expected.given);
  stream.closeSync();
  assert.deepEqual(medium.pendingIn(0, medium.size), [], 'closing leaves something that is not durable');
  const again = Stream.openSync(medium, { mode: 'open' });
  assertSame(readAll(again), grown, 'after two appends, closing and opening');
  if (depth.check) return again;
  again.closeSync();
  return undefined;
}

/** Nothing but opening and reading. */
export const SHALLOW: Depth = { recoveryCrashes: undefined, readOnly: false, goOn: false, check: false };

/**
 * Lets the process be killed at that moment, and the next one open the stream: what that shows must survive a power cut then,
 * and one in the midst of the opening is as good as one before the kill.
 */
export function judgeKill(point: CrashPoint, expected: Expectation, images: CrashImageOptions): void {
  const medium = SimulatedMedium.afterKill(point);
  const points: CrashPoint[] = [];
  medium.onDrain = () => points.push(medium.crashPoint());
  const stream = Stream.openSync(medium, { mode: 'open' });
  medium.onDrain = undefined;
  const found = readAll(stream);
  assertAllowed(found, expected);
  assertNewest(stream, found, expected.given);
  for (const image of medium.crashImages(images)) assertShows(image, found, 'after a kill and a power cut');
  for (const within of points) {
    for (const image of within.images(images)) judge(image, expected, SHALLOW);
  }
  stream.closeSync();
}

/** Appends to two regions, or twice to a new one, as it must be possible after any crash. */
function appendTwo(stream: Stream, found: Known, given: number): Known {
  const grown = new Map(found);
  const roomy = [...stream.regions()].filter((region) => region.available >= 8).slice(0, 2);
  if (roomy.length < 2 && stream.available >= 64) roomy.push(stream.allocateSync(64));
  let newest = given;
  for (const region of roomy) {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, region.id);
    const { timestamp } = region.appendSync(bytes);
    assert.ok(
      timestamp > newest,
      `timestamp ${timestamp} is given out again: it was at ${newest} before the crash`,
    );
    newest = timestamp;
    const { id, name, size } = region;
    const entries = [...(grown.get(id)?.entries ?? []), { timestamp, bytes }];
    grown.set(id, { id, name, size, entries, persisted: entries.length });
  }
  return grown;
}

function assertAllowed(found: Known, expected: Expectation): void {
  const ids = new Set([...expected.before.keys(), ...expected.after.keys(), ...found.keys()]);
  for (const id of ids) {
    const problem = problemOf(found.get(id), expected.before.get(id), expected.after.get(id));
    if (problem === undefined) continue;
    assert.fail(
      `Region ${id}: ${problem}. Found: ${describe(found)}. ` +
        `Before: ${describe(expected.before)}. After: ${describe(expected.after)}`,
    );
  }
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

function assertNewest(stream: Stream, found: Known, given: number): void {
  let newest = 0;
  for (const { entries } of found.values()) newest = Math.max(newest, entries.at(-1)?.timestamp ?? 0);
  assert.ok(newest <= given, `timestamp ${newest} was never given out, ${given} was the newest`);
  assert.ok(newest <= stream.committed && stream.committed <= given, `${stream.committed} is not the newest`);
  assert.equal(stream.persisted, stream.committed);
}

function assertReadOnlyShows(image: Uint8Array, expected: Known): void {
  const medium = SimulatedMedium.fromImage(image);
  const stream = Stream.openSync(medium, { mode: 'open', readOnly: true });
  assertSame(readAll(stream), expected, 'read-only');
  stream.closeSync();
  assert.deepEqual(medium.pendingIn(0, medium.size), [], 'reading changes the medium');
}

function assertShows(image: Uint8Array, expected: Known, when: string): void {
  const stream = Stream.openSync(SimulatedMedium.fromImage(image), { mode: 'open' });
  assertSame(readAll(stream), expected, when);
  stream.closeSync();
}

function assertSame(found: Known, expected: Known, when: string): void {
  const same =
    found.size === expected.size &&
    [...expected.values()].every((region) => {
      const other = found.get(region.id);
      return (
        other !== undefined &&
        other.name === region.name &&
        other.size === region.size &&
        other.entries.length === region.entries.length &&
        startsWith(region.entries, other.entries)
      );
    });
  assert.ok(
    same,
    `Something else is there ${when}. Found: ${describe(found)}. Expected: ${describe(expected)}`,
  );
}
