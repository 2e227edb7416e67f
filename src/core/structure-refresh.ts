import { RecordKind } from '../format/layout.js';
import { enterRegion } from './enter-region.js';
import type { StreamCore } from './stream-core.js';
import type { TableChanges, TableSlot } from './table-slots.js';

/** How often the table is looked at for a picture of one moment: a writer may go on meanwhile. */
const LOOKS = 8;

/**
 * Learns what others have changed in a stream's state and table, and lets its regions follow: those that are gone are abandoned, cleared
 * ones go on with their new life, further ones are entered, and the space that is free is known again. Whoever writes too does this
 * while nobody else changes anything.
 */
export function refreshStructure(core: StreamCore): void {
  let isNew = false;
  for (let looks = 1; looks <= LOOKS; looks++) {
    core.prefix.refresh();
    followGrowth(core);
    const changes = core.table.refresh(looks < LOOKS);
    isNew ||= changes.gone.length + changes.changed.length + changes.added.length > 0;
    if (takeOver(core, changes) && !changes.incomplete) break;
  }
  if (isNew) for (const follow of core.followers) follow();
}

/** The stream may have grown. The state says so before the table speaks of anything that lies there. */
function followGrowth({ prefix, medium, allocator }: StreamCore): void {
  const { end } = prefix.data;
  if (end <= allocator.end) return;
  medium.keepUp?.(prefix.size);
  allocator.extend(end);
}

/** False if a region seems to lie where another one still does: its end was not seen yet, so that a further look is due. */
function takeOver(core: StreamCore, { gone, changed, added }: TableChanges): boolean {
  for (const slot of gone) leave(core, slot);
  const { checkpoint } = core.prefix.state;
  for (const { record } of changed) core.regions.get(record.id)?.follow(core.readOnly ? checkpoint : 0);
  let whole = true;
  for (const slot of added.sort((a, b) => a.record.id - b.record.id)) whole = enter(core, slot) && whole;
  return whole;
}

function leave(core: StreamCore, { record, name }: TableSlot): void {
  const { id, offset, length } = record;
  const region = core.regions.get(id);
  if (region === undefined) return;
  core.allocator.give(offset, length);
  core.register.remove(region, id, name);
  region.abandon();
  region.release();
}

function enter(core: StreamCore, slot: TableSlot): boolean {
  const { kind, offset, length } = slot.record;
  const { name } = slot;
  if ((name !== undefined && core.names.has(name)) || !core.allocator.takeAt(offset, length)) {
    core.table.postpone(slot);
    return false;
  }
  if (kind === RecordKind.region) enterRegion(core, slot);
  return true;
}
