import { setTimeout as delay } from 'node:timers/promises';
import type { Entry, Region } from '../../src/index.js';
import { PAYLOAD_MIN } from './payload.js';
import type { Scribe } from './scribe.js';

/** One after the other, blocking. */
function blocking(scribe: Scribe): void {
  for (let count = 1 + scribe.random(8); count > 0; count -= 1) {
    const size = scribe.size();
    const region = scribe.roomy(size);
    const { number, bytes } = scribe.next(size);
    const entry = scribe.toss()
      ? region.appendSync(bytes)
      : region.appendvSync([bytes.subarray(0, 7), bytes.subarray(7)]);
    scribe.persisted(entry, number);
  }
}

/** Readers see them at once; they are persisted all together, in one of the ways there are. */
async function committed(scribe: Scribe): Promise<void> {
  for (let count = 1 + scribe.random(30); count > 0; count -= 1) {
    const size = scribe.size();
    const region = scribe.roomy(size);
    const { number, bytes } = scribe.next(size);
    scribe.committed(region.appendSync(bytes, { until: 'committed' }), number);
  }
  const { stream } = scribe;
  const upTo = stream.committed;
  const way = scribe.random(4);
  if (way === 0) stream.persistSync();
  else if (way === 1) await stream.persist();
  else if (way === 2) await stream.whenPersisted(upTo);
  else await delay(scribe.random(8));
  scribe.persistedUpTo(way < 2 ? upTo : stream.persisted);
}

/** Something that is settled later: an append, a slot, or a slot given up. */
function launch(scribe: Scribe, region: Region, size: number): Promise<void> {
  const { number, bytes } = scribe.next(size);
  const told = (entry: Entry): void => scribe.persisted(entry, number);
  const way = scribe.random(8);
  if (way < 4) return region.append(bytes).then(told);
  if (way === 4)
    return region.appendv([bytes.subarray(0, 9), bytes.subarray(9, 9), bytes.subarray(9)]).then(told);
  if (way === 5) {
    const seen = (entry: Entry): void => scribe.committed(entry, number);
    return region.append(bytes, { until: 'committed' }).then(seen);
  }
  const slot = region.reserve(size + Math.min(scribe.random(64), region.available - size));
  slot.data.set(bytes);
  const settled = delay(scribe.random(3));
  if (way === 6) return settled.then(() => slot.publish(size)).then(told);
  return settled.then(() => slot.cancel());
}

/** Many at once, in all regions. */
async function inFlight(scribe: Scribe): Promise<void> {
  const pending: Promise<void>[] = [];
  for (let count = 1 + scribe.random(60); count > 0; count -= 1) {
    const size = scribe.size();
    const region = scribe.pick(scribe.regions);
    if (region === undefined || region.available < size) continue;
    pending.push(launch(scribe, region, size));
  }
  await Promise.all(pending);
}

/** Slots of one region, published from front to back, some of them given up. */
function slots(scribe: Scribe): void {
  const region = scribe.roomy(40_000);
  const open = Array.from({ length: 1 + scribe.random(5) }, () => {
    const size = PAYLOAD_MIN + scribe.random(2000);
    const slot = region.reserve(size + scribe.random(100));
    const { number, bytes } = scribe.next(size);
    slot.data.set(bytes);
    return { slot, number, size };
  });
  for (const { slot, number, size } of open) {
    if (scribe.random(4) === 0) slot.cancel();
    else scribe.persisted(slot.publishSync(size), number);
  }
}

async function large(scribe: Scribe): Promise<void> {
  const size = 30_000 + scribe.random(300_000);
  const region = scribe.roomy(size);
  const { number, bytes } = scribe.next(size);
  scribe.persisted(scribe.toss() ? region.appendSync(bytes) : await region.append(bytes), number);
}

/** Not a byte of the region stays free. */
function exactFill(scribe: Scribe): void {
  const region = scribe.pick(scribe.regions.filter(({ available }) => available >= PAYLOAD_MIN));
  if (region === undefined) return;
  const { number, bytes } = scribe.next(region.available);
  scribe.persisted(region.appendSync(bytes), number);
}

/** Regions come and go while others are written to. */
async function changing(scribe: Scribe): Promise<void> {
  const change = scribe.pick([scribe.allocate, scribe.clear, scribe.free])?.call(scribe);
  const others = scribe.regions.filter(({ available }) => available > 20_000);
  const busy = others.flatMap((region) => [
    launch(scribe, region, scribe.size()),
    launch(scribe, region, 4000),
  ]);
  await Promise.all([change, ...busy]);
}

const WAYS: readonly ((scribe: Scribe) => void | Promise<void>)[] = [
  blocking,
  blocking,
  committed,
  committed,
  inFlight,
  inFlight,
  slots,
  large,
  exactFill,
  changing,
  (scribe) => scribe.allocateSync(),
  (scribe) => scribe.clear(),
  (scribe) => scribe.free(),
  (scribe) => scribe.reopen(),
];

/** Writes in all ways, by chance, until `enough` says so. */
export async function writeInAllWays(scribe: Scribe, enough: () => boolean): Promise<void> {
  while (!enough()) {
    await scribe.pick(WAYS)?.(scribe);
    // Lets timers and answers from other threads have their turn between blocking calls.
    if (scribe.random(4) === 0) await delay(0);
  }
}
