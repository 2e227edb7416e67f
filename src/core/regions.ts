import { VarveError } from '../base/errors.js';
import { formatSize } from '../base/sizes.js';
import { RecordKind } from '../format/layout.js';
import { noMark } from '../format/record.js';
import { goneBefore } from './append-errors.js';
import { isFull, takeSpace } from './growth.js';
import { RegionLog } from './region-log.js';
import type { Steps } from './steps.js';
import type { StreamCore } from './stream-core.js';

/** As often a region can be cleared: entries of a further life could not be told from those of the first. */
const CLEARS_MAX = 2 ** 32 - 1;

/** Allocates a region of `size` bytes, which is a multiple of the block size. Durable when the steps are done. */
export function* allocate(core: StreamCore, size: number, name: string | undefined): Steps<RegionLog> {
  core.assertWritable();
  if (name !== undefined && core.names.has(name)) {
    throw new VarveError(
      'VARVE_EXISTS',
      `Cannot allocate a region named '${name}' as there is one: take another name`,
    );
  }
  const { table, clock } = core;
  const offset = table.vacancies > 0 ? yield* takeSpace(core, size) : undefined;
  if (offset === undefined) throw noSpace(core, size);
  yield* keepTableRoomy(core);
  const slot = table.takeSlot();
  const birth = clock.last + 1;
  slot.record = {
    ...slot.record,
    kind: RecordKind.region,
    id: table.takeId(),
    clears: 0,
    offset,
    length: size,
    birth,
    mark: noMark(birth),
  };
  yield* table.saveName(slot, name);
  yield* table.save([slot]);
  table.used.add(slot);
  const region = new RegionLog(slot, core);
  core.register.add(region);
  core.sharing?.changed(region);
  core.persister.herald?.structureChanged();
  return region;
}

/** Frees a region: its space is another's to take. Whatever is done to it from now on comes after it, even if its first step has to wait for others. */
export function free(core: StreamCore, region: RegionLog): Steps<void> {
  return freeTogether(core, [region]);
}

/**
 * Frees regions with as many drains as one takes; a crash in between leaves some of them. Where several threads have the stream open it must be
 * only one: what a thread that dies leaves to the others is one change.
 */
export function freeTogether(core: StreamCore, regions: readonly RegionLog[]): Steps<void> {
  return changing(regions, giveUp(core, regions));
}

/** Empties a region. Appends made from now on come after it, even if its first step has to wait for others. */
export function clear(core: StreamCore, region: RegionLog): Steps<void> {
  return changing([region], empty(core, region));
}

/** The change counts as under way from the call on, not from its first step. */
function changing(regions: readonly RegionLog[], steps: Steps<void>): Steps<void> {
  for (const region of regions) {
    region.changing++;
    region.stop();
  }
  return ending(regions, steps);
}

function* ending(regions: readonly RegionLog[], steps: Steps<void>): Steps<void> {
  try {
    yield* steps;
  } finally {
    for (const region of regions) region.changing--;
  }
}

function* giveUp(core: StreamCore, regions: readonly RegionLog[]): Steps<void> {
  core.assertWritable();
  for (const region of regions) {
    region.assertAlive();
    core.sharing?.freeze(region);
    region.abandon();
  }
  yield* settle(core, regions);
  for (const region of regions) leaveTable(core, region);
  yield* core.table.save(regions.map(({ slot }) => slot));
  core.persister.herald?.structureChanged();
  for (const region of regions) {
    const { slot } = region;
    core.sharing?.changed(region);
    region.release();
    core.table.giveSlot(slot);
    core.allocator.give(slot.record.offset, slot.record.length);
  }
}

/** Nobody finds the region any more; that is still to be written down. */
function leaveTable(core: StreamCore, region: RegionLog): void {
  const { slot } = region;
  core.register.remove(region, slot.record.id, slot.name);
  slot.record = { ...slot.record, kind: RecordKind.free };
  slot.name = undefined;
  core.table.used.delete(slot);
}

function* empty(core: StreamCore, region: RegionLog): Steps<void> {
  core.assertWritable();
  region.assertAlive();
  if (region.slot.record.clears === CLEARS_MAX) throw clearedTooOften(region);
  core.sharing?.freeze(region);
  yield* settle(core, [region]);
  const { slot } = region;
  const birth = core.clock.last + 1;
  slot.record = {
    ...slot.record,
    clears: slot.record.clears + 1,
    birth,
    mark: noMark(birth),
  };
  region.cleared();
  yield* core.table.save([slot]);
  core.sharing?.changed(region);
  core.persister.herald?.structureChanged();
}

/**
 * Ends what is under way in regions whose entries are about to go. Those behind their marks count in the census of a
 * recovery, so a checkpoint is made first that lets go of them.
 */
function* settle(core: StreamCore, regions: readonly RegionLog[]): Steps<void> {
  core.notifyCommitted();
  for (const region of regions) {
    if (!region.reservations.none) region.reservations.fail(goneBefore(region));
    region.stop();
  }
  if (regions.some(({ beyondMark }) => beyondMark)) yield* core.checkpointer.write(false);
  for (const region of regions) {
    core.persister.forget(region);
    core.checkpointer.forget(region);
  }
}

/** Adds a table extent when one free slot is left. Where there is no space for it, that slot can still be a region's. */
function* keepTableRoomy(core: StreamCore): Steps<void> {
  const { table } = core;
  if (table.vacancies > 1) return;
  const length = table.nextExtent;
  const offset = length === undefined ? undefined : yield* takeSpaceIfAny(core, length);
  if (length !== undefined && offset !== undefined) yield* table.grow(offset, length);
}

function* takeSpaceIfAny(core: StreamCore, length: number): Steps<number | undefined> {
  try {
    return yield* takeSpace(core, length);
  } catch (error) {
    if (!isFull(error)) throw error;
    return undefined;
  }
}

function noSpace(core: StreamCore, size: number): VarveError {
  const { available, maxSize } = core;
  const most = `at most ${formatSize(available)} are free in one piece`;
  const grown =
    maxSize === undefined ? most : `${most}, even if it grows to its maxSize of ${formatSize(maxSize)}`;
  const why = core.table.vacancies === 0 ? 'its region table is full' : grown;
  return new VarveError(
    'VARVE_FULL',
    `Cannot allocate a region of ${formatSize(size)} as ${why}: free a region, or open the stream with a larger maxSize`,
  );
}

function clearedTooOften(region: RegionLog): VarveError {
  const { id } = region.slot.record;
  return new VarveError(
    'VARVE_FULL',
    `Cannot clear region ${id} once more after ${CLEARS_MAX} times: free it instead`,
  );
}
