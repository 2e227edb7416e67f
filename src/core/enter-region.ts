import { isHidden } from './log/names.js';
import { lacksOlderMark } from './older-mark.js';
import { corrupt } from './problem.js';
import { RegionLog } from './region-log.js';
import { isSoundRegion } from './soundness.js';
import type { StreamCore } from './stream-core.js';
import type { TableSlot } from './table-slots.js';

/** Makes the region that a record speaks of one of the stream's; notes a problem if it makes no sense. */
export function enterRegion(core: StreamCore, slot: TableSlot): void {
  const { record, name } = slot;
  const { mark, id } = record;
  const limit = core.readOnly ? Number.POSITIVE_INFINITY : core.prefix.state.limit;
  const sound = isSoundRegion(record, slot.olderMark, limit);
  if (!sound || core.regions.has(id) || (name !== undefined && core.names.has(name))) {
    core.table.problems.push(corrupt(`The record of region ${id} makes no sense`, { region: id }));
    return;
  }
  if (isAtRest(core, slot)) {
    core.register.addUnasked(slot);
    return;
  }
  const certainTail = mark.tail;
  if (!core.prefix.state.clean && slot.olderMark !== undefined) record.mark = slot.olderMark;
  const region = new RegionLog(slot, core);
  region.certainTail = certainTail;
  // There may have been an older mark that goes with the older state: what is found from the beginning on serves as well.
  if (lacksOlderMark(slot, core.prefix.state)) region.setEnd(0, record.birth - 1, 0);
  core.register.add(region);
}

/** True if the region ends where its record says, and nobody else changes that before this thread asks for the region. */
function isAtRest({ readOnly, sharing, prefix }: StreamCore, slot: TableSlot): boolean {
  if (readOnly || sharing !== undefined || !prefix.state.clean) return false;
  return slot.olderMark === undefined && !slot.lone && !isHidden(slot.name);
}
