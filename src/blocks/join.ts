import type { Steps } from '../core/steps.js';
import { type Scan, scanned } from './scan.js';

/** Blocks that are stored again between two pauses. */
const BLOCKS_A_PAUSE = 256;

/** Where a chain of segments ends, as its blocks tell. */
export interface Joined {
  /** Position behind the last byte that counts. */
  readonly end: number;
  /** Everything before it was dropped. */
  readonly first: number;
  /** True if the blocks tell that all of it is durable. */
  readonly certified: boolean;
}

/** The segments with data that counts, which come first, and those without. */
interface Chain {
  readonly filled: readonly Scan[];
  readonly spare: readonly Scan[];
  readonly end: number;
}

/**
 * Joins segments to one stream: a group that goes on in the next segment counts if all of its blocks are there, in all of them. What does not
 * count is wiped, and what counts and may not be durable is stored again, as it is, for the next drain. From then on the segments know how far
 * they are filled.
 *
 * @param scans of all segments in order
 * @throws VARVE_CORRUPT if something is missing that was durable
 */
export function* join(scans: readonly Scan[]): Steps<Joined> {
  const { filled, spare, end } = chainOf(scans);
  // Who stored that knew that everything before it was durable.
  if (spare.some(({ newest }) => newest > end)) throw missing(filled.at(-1) ?? scans[0]);
  const last = filled.at(-1);
  const certified = last?.certified ?? true;
  if (!certified) yield* storeAgain(filled);
  for (const scan of [...filled, ...spare]) enter(scan);
  return { end, first: Math.max(last?.first ?? 0, filled[0]?.base ?? end), certified };
}

function chainOf(scans: readonly Scan[]): Chain {
  const first = scans[0];
  let end = first === undefined ? 0 : first.next > 1 ? first.base : first.segment.offset;
  let open: { k: number; group: number } | undefined;
  let k = 0;
  for (const scan of scans) {
    if (scan.next === 1 || (k > 0 && !goesOn(scan, end, open?.group ?? end))) break;
    end = scan.end;
    if (scan.ended) open = undefined;
    else if (scan.lastGroup !== open?.group) open = { k, group: scan.lastGroup };
    k++;
  }
  return open === undefined ? cut(scans, k, end) : withoutTorn(scans, open.k, open.group);
}

/** True if a segment's data begin where those before it end, with the group that is open there or a new one. */
function goesOn({ base, firstGroup }: Scan, end: number, group: number): boolean {
  return base === end && firstGroup === group;
}

/** Cuts off the group that is not whole, which begins in segment `k`. */
function withoutTorn(scans: readonly Scan[], k: number, group: number): Chain {
  const { segment, base, lastFrom, leftover, newest } = scans[k] as Scan;
  // What begins in a segment that was given back had been synced.
  if (group < base) throw segment.damage(lastFrom);
  const torn = scanned(segment, lastFrom, leftover, newest);
  return cut(scans.with(k, torn), lastFrom > 1 ? k + 1 : k, group);
}

function cut(scans: readonly Scan[], count: number, end: number): Chain {
  const spare = scans
    .slice(count)
    .map(({ segment, leftover, newest }) => scanned(segment, 1, leftover, newest));
  return { filled: scans.slice(0, count), spare, end };
}

function missing(scan: Scan | undefined): Error {
  if (scan === undefined) throw new RangeError('a chain without segments misses nothing');
  return scan.segment.damage(scan.next);
}

/** The last group was perhaps never synced, or in vain. The same bytes at the same place: a tear changes nothing. */
function* storeAgain(filled: readonly Scan[]): Steps<void> {
  const group = filled.at(-1)?.lastGroup;
  const before = filled.findLastIndex((scan) => scan.lastGroup !== group || scan.lastFrom > 1);
  for (const { segment, lastGroup, lastFrom, next } of filled.slice(Math.max(before, 0))) {
    for (let number = lastFrom; lastGroup === group && number < next; number++) {
      if (number % BLOCKS_A_PAUSE === 0) yield 'pause';
      segment.store(number, [segment.mustRead(number)]);
    }
  }
}

function enter({ segment, next, base, end, leftover }: Scan): void {
  segment.wipe(next, leftover);
  segment.durable = next;
  segment.taken = next;
  segment.base = base;
  segment.end = end;
}
