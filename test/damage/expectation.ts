import { LAYOUT } from '../helpers/format.js';
import type { KnownRegion, Link, Reference, Slot } from './anatomy.js';
import type { Damage } from './damages.js';

/** What may and must come of a damaged region. */
export interface RegionExpectation {
  readonly known: KnownRegion;
  /** True if both copies of its record are damaged. */
  readonly recordGone: boolean;
  readonly nameGone: boolean;
  /** The first link that is not as it was; entries before it must be served. */
  readonly broken: Link | undefined;
  /** The entries that are as they were. */
  readonly whole: readonly Link[];
  /** True if what is missing from there on was acknowledged for certain: it must be told. */
  readonly certain: boolean;
}

/** What may and must come of a damaged stream. */
export interface Expectation {
  readonly reference: Reference;
  readonly damage: Damage;
  /** What is there now. */
  readonly bytes: Buffer;
  /** True if nobody can open it: both copies of the header or state are damaged, or the end is gone. */
  readonly closedToAll: boolean;
  /** True if both copies of some slot of the region table are damaged: nobody knows what stood there. */
  readonly slotGone: boolean;
  /** True if neither page begins as a stream's does. */
  readonly magicGone: boolean;
  /** True if nothing can be told of it: both copies of the header are damaged. */
  readonly headerGone: boolean;
  /** True if something acknowledged is missing behind the marks of a stream that was not closed. */
  readonly tailMissing: boolean;
  /** True if anything that means something is not as it was, be it there twice or not. */
  readonly meaningful: boolean;
  readonly regions: readonly RegionExpectation[];
}

/** Says what must come of a damage, from the anatomy of the stream and from where its bytes changed. */
export function expect(reference: Reference, damage: Damage, bytes: Buffer): Expectation {
  const { image, regions, closed, checkpoint } = reference;
  const changes = spans(damage, image.length);
  const touched: Touched = (start, end) =>
    end > bytes.length ||
    (changes.some((span) => start < span.end && span.start < end) &&
      bytes.compare(image, start, end, start, end) !== 0);
  const both = (at: number, size: number) =>
    touched(at, at + size) && touched(LAYOUT.page + at, LAYOUT.page + at + size);
  const { header, state } = LAYOUT;
  const short = bytes.length < image.length;
  const certified = closed ? 0 : certifiedBy(regions, checkpoint, touched);
  const expected = regions.map((known) => expectRegion(known, touched, closed, certified));
  return {
    reference,
    damage,
    bytes,
    closedToAll: short || both(header.offset, header.size) || both(state.offset, state.size),
    slotGone: reference.slots.some((slot) => isGone(slot, touched)),
    headerGone: both(header.offset, header.size),
    magicGone: both(header.offset, 8),
    tailMissing: !closed && expected.some(({ broken, certain }) => broken !== undefined && certain),
    meaningful: bytes.length !== image.length || touchesMeaning(reference, touched) || expected.some(isHurt),
    regions: expected,
  };
}

/** True if bytes in [start, end) are not as they were. */
type Touched = (start: number, end: number) => boolean;

function spans(
  { parts, length = Number.POSITIVE_INFINITY }: Damage,
  size: number,
): { start: number; end: number }[] {
  const changed = parts.map(({ at, bytes }) => ({ start: at, end: at + bytes.length }));
  return length < size ? [...changed, { start: length, end: size }] : changed;
}

/** How far the entries that are left say that the stream was durable. */
function certifiedBy(regions: readonly KnownRegion[], checkpoint: number, touched: Touched): number {
  let certified = checkpoint;
  for (const { chain, mark } of regions) {
    for (const link of chain) {
      if (link.start >= mark && !touched(link.start, link.end))
        certified = Math.max(certified, link.certifies);
    }
  }
  return certified;
}

function expectRegion(
  known: KnownRegion,
  touched: Touched,
  closed: boolean,
  certified: number,
): RegionExpectation {
  const index = known.chain.findIndex((link) => touched(link.start, link.end));
  const missing = index === -1 ? [] : known.chain.slice(index);
  const mark = known.offset + markLeft(known, touched);
  const acknowledged = (link: Link) => link.start < mark || (link.entry?.timestamp ?? Infinity) <= certified;
  return {
    known,
    recordGone: isGone(known.slot, touched),
    nameGone:
      known.name !== undefined &&
      touched(known.slot.nameAt, known.slot.nameAt + Buffer.byteLength(known.name)),
    broken: missing[0],
    whole: known.chain.filter((link) => link.entry !== undefined && !touched(link.start, link.end)),
    certain: closed || missing.some(acknowledged),
  };
}

/** The newest mark that is left. */
function markLeft({ slot, marks }: KnownRegion, touched: Touched): number {
  const left = marks.filter(
    (_, i) => !touched(slot.copies[i] as number, (slot.copies[i] as number) + LAYOUT.record.size),
  );
  return Math.max(0, ...left);
}

function isGone({ copies }: Slot, touched: Touched): boolean {
  return copies.every((copy) => touched(copy, copy + LAYOUT.record.size));
}

function touchesMeaning({ slots }: Reference, touched: Touched): boolean {
  const { page, header, state, record } = LAYOUT;
  return (
    [header, state].some(({ offset, size }) =>
      [0, page].some((at) => touched(at + offset, at + offset + size)),
    ) || slots.some(({ copies }) => copies.some((copy) => touched(copy, copy + record.size)))
  );
}

function isHurt({ recordGone, nameGone, broken }: RegionExpectation): boolean {
  return recordGone || nameGone || broken !== undefined;
}
