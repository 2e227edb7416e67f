import { PAGE, STATE } from '../../src/format/layout.js';
import { getU64 } from '../../src/format/words.js';
import { type Random, seededRandom } from '../../src/testing/random.js';
import { LAYOUT } from '../helpers/format.js';
import { dissect, wordsOf } from './anatomy.js';
import { bases } from './bases.js';
import { type Base, forge } from './forge.js';
import { GuardedMedium } from './guarded-medium.js';
import { useHostile } from './use.js';

let made: Base[] | undefined;

function allBases(): readonly Base[] {
  made ??= bases().map((image) => ({ image, anatomy: dissect(image) }));
  return made;
}

/** What came of the openings of one forged stream. */
export interface Tally {
  openings: number;
  accepted: number;
  entries: number;
  [code: string]: number;
}

/** Nothing yet. */
export function newTally(): Tally {
  return { openings: 0, accepted: 0, entries: 0 };
}

/** The image that belongs to a seed. */
function forged(seed: number): { image: Uint8Array; random: Random } {
  const random = seededRandom(seed);
  const base = allBases()[random(allBases().length)] as Base;
  return { image: forge(base, random), random };
}

/** Forges the stream of that seed and uses it in every way. Throws at what must not be. */
export async function attempt(seed: number, tally: Tally): Promise<void> {
  const { image, random } = forged(seed);
  await openAndUse(image, { readOnly: true, windowed: random(2) === 0 }, random, tally);
  const writer = await openAndUse(image, { readOnly: false, windowed: false }, random, tally);
  if (
    writer.opened &&
    !(await openAndUse(writer.image, { readOnly: true, windowed: false }, random, tally)).opened
  )
    throw new Error('what a writer had opened and closed cannot be opened again');
}

async function openAndUse(
  image: Uint8Array,
  how: { readOnly: boolean; windowed: boolean },
  random: Random,
  tally: Tally,
): Promise<{ opened: boolean; image: Uint8Array }> {
  const medium = new GuardedMedium(image, how);
  const bounds = { entries: image.length / 16, inside: (view: Uint8Array) => medium.assertInside(view) };
  const { opened, entries, codes } = await useHostile(medium, { readOnly: how.readOnly }, bounds, random);
  medium.assertUnharmed(image, opened ? sizeOf(medium.image) : 0);
  assertWork(medium, image.length);
  tally.openings++;
  tally.accepted += opened ? 1 : 0;
  tally.entries += entries;
  for (const code of codes) tally[code] = (tally[code] ?? 0) + 1;
  return { opened, image: medium.image };
}

/** Bytes of the stream: as the header says, or to which it has grown. */
function sizeOf(image: Uint8Array): number {
  const places = [LAYOUT.header.streamSize, STATE.at + STATE.streamSize, PAGE + STATE.at + STATE.streamSize];
  return Math.max(...places.map((place) => getU64(wordsOf(image), place / 4)));
}

/** What is asked of the medium is in proportion to the size of the stream, whatever stands in it. */
function assertWork({ work }: GuardedMedium, size: number): void {
  const calls = 20_000 + 40 * (size / 16);
  const bytes = 2 ** 20 + 400 * size;
  if (work.calls > calls || work.bytes > bytes)
    throw new Error(`${work.calls} calls and ${work.bytes} bytes for a medium of ${size}`);
}
