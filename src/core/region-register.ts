import type { RegionLog } from './region-log.js';

/** The regions that a log is made of, in the order of allocation. */
export interface LogRegions {
  readonly regions: Set<RegionLog>;
  /** How often one was added or removed. */
  changes: number;
}

/** The regions of a stream, by whatever somebody looks for them. */
export class RegionRegister {
  /** By id, in the order of allocation. */
  readonly byId = new Map<number, RegionLog>();
  readonly byName = new Map<string, RegionLog>();
  /** Those that logs are made of, by the name of the log. */
  readonly byLog = new Map<string, LogRegions>();

  add(region: RegionLog): void {
    const { hidden, slot } = region;
    this.byId.set(slot.record.id, region);
    if (slot.name !== undefined) this.byName.set(slot.name, region);
    if (hidden === undefined) return;
    const parts = this.byLog.get(hidden.log) ?? { regions: new Set(), changes: 0 };
    this.byLog.set(hidden.log, parts);
    parts.regions.add(region);
    parts.changes++;
  }

  /** What it was known by is given, as its record may say something else already. */
  remove(region: RegionLog, id: number, name: string | undefined): void {
    this.byId.delete(id);
    if (name !== undefined && this.byName.get(name) === region) this.byName.delete(name);
    const { hidden } = region;
    const parts = hidden && this.byLog.get(hidden.log);
    if (hidden === undefined || parts === undefined || !parts.regions.delete(region)) return;
    parts.changes++;
    if (parts.regions.size === 0) this.byLog.delete(hidden.log);
  }
}
