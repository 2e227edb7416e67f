import { RegionLog } from './region-log.js';
import type { TableSlot } from './table-slots.js';

/** The regions that a log is made of, in the order of allocation. */
export interface LogRegions {
  readonly regions: Set<RegionLog>;
  /** How often one was added or removed. */
  changes: number;
}

/** Regions by their ids, in the order of allocation. */
export class Regions {
  readonly #make: (slot: TableSlot) => RegionLog;
  /** Of those that nobody has asked for yet, only what the table says. */
  readonly #all = new Map<number, RegionLog | TableSlot>();
  /** Those that somebody has asked for: with the others nothing was done yet. */
  readonly asked = new Set<RegionLog>();

  constructor(make: (slot: TableSlot) => RegionLog) {
    this.#make = make;
  }

  get size(): number {
    return this.#all.size;
  }

  has(id: number): boolean {
    return this.#all.has(id);
  }

  get(id: number): RegionLog | undefined {
    const found = this.#all.get(id);
    return found === undefined ? undefined : this.#made(id, found);
  }

  *values(): IterableIterator<RegionLog> {
    for (const [id, found] of this.#all) yield this.#made(id, found);
  }

  /** @param found the region, or what it is made of when somebody asks for it */
  set(id: number, found: RegionLog | TableSlot): void {
    this.#all.set(id, found);
    if (found instanceof RegionLog) this.asked.add(found);
  }

  delete(region: RegionLog, id: number): void {
    this.#all.delete(id);
    this.asked.delete(region);
  }

  #made(id: number, found: RegionLog | TableSlot): RegionLog {
    if (found instanceof RegionLog) return found;
    const made = this.#make(found);
    this.set(id, made);
    return made;
  }
}

/** Regions by their names. */
export class RegionNames {
  readonly #regions: Regions;
  readonly #ids = new Map<string, number>();

  constructor(regions: Regions) {
    this.#regions = regions;
  }

  has(name: string): boolean {
    return this.#ids.has(name);
  }

  get(name: string): RegionLog | undefined {
    const id = this.#ids.get(name);
    return id === undefined ? undefined : this.#regions.get(id);
  }

  set(name: string, id: number): void {
    this.#ids.set(name, id);
  }

  /** Unless it is another region's by now. */
  delete(name: string, id: number): void {
    if (this.#ids.get(name) === id) this.#ids.delete(name);
  }
}

/** The regions of a stream, by whatever somebody looks for them. */
export class RegionRegister {
  readonly byId: Regions;
  readonly byName: RegionNames;
  /** Those that logs are made of, by the name of the log. */
  readonly byLog = new Map<string, LogRegions>();

  /** @param make makes a region of which only the table has said something */
  constructor(make: (slot: TableSlot) => RegionLog) {
    this.byId = new Regions(make);
    this.byName = new RegionNames(this.byId);
  }

  add(region: RegionLog): void {
    const { hidden, slot } = region;
    this.#enter(slot, region);
    if (hidden === undefined) return;
    const parts = this.byLog.get(hidden.log) ?? { regions: new Set(), changes: 0 };
    this.byLog.set(hidden.log, parts);
    parts.regions.add(region);
    parts.changes++;
  }

  /** A region that is no part of a log, and stands as its record says: it is made once somebody asks for it. A stream may have a hundred thousand. */
  addUnasked(slot: TableSlot): void {
    this.#enter(slot, slot);
  }

  #enter({ record, name }: TableSlot, found: RegionLog | TableSlot): void {
    this.byId.set(record.id, found);
    if (name !== undefined) this.byName.set(name, record.id);
  }

  /** What it was known by is given, as its record may say something else already. */
  remove(region: RegionLog, id: number, name: string | undefined): void {
    this.byId.delete(region, id);
    if (name !== undefined) this.byName.delete(name, id);
    const { hidden } = region;
    const parts = hidden && this.byLog.get(hidden.log);
    if (hidden === undefined || parts === undefined || !parts.regions.delete(region)) return;
    parts.changes++;
    if (parts.regions.size === 0) this.byLog.delete(hidden.log);
  }
}
