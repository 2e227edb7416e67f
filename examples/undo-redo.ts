// Undo and redo logs with checkpoints: pages changed in place by transactions, of which some never end.
//
// Every change is logged first: what was there (undo) and what is there now (redo). So pages may go to the disk whenever it suits, before their transaction
// has committed (after a crash it is undone) or long after (it is redone). Timestamps of the log do what databases call log sequence numbers: a page carries
// that of its last change, and goes to the disk only once the log is persisted up to there.
//
// What is durable when: `commit` resolves once its record is durable, and with it all changes before it. A checkpoint writes the pages that were changed and
// trims the log up to the oldest entry that is still needed. After a crash what the pages lack is redone, then transactions without an end are undone, which
// is logged, too: a crash in the midst of that is no different. A page is a sector here, which disks write whole; larger ones need a double-write buffer.
import { type Log, Stream } from 'varve';
import { cutPowerEverywhere, type Disk, type Machine } from './helpers/machine.js';
import { isMain } from './helpers/main.js';

/** `undoes`: this change takes back that one; so that one crash after the other does not make more and more to undo. */
type Change = { transaction: number; slot: number; undo: number; redo: number; undoes?: number };
type End = { transaction: number; end: true };
type Page = { changed: number; values: Float64Array; isDirty: boolean };

const [PAGE, SLOTS, PAGES] = [512, 4, 4]; // bytes of a page, slots of a page, pages

export class Store {
  readonly #stream: Stream;
  readonly #log: Log;
  readonly #disk: Disk;
  readonly #pages: Page[];
  /** Changes of the transactions that are open, by timestamp. */
  readonly #open = new Map<number, Map<number, Change>>();
  #lastTransaction = 0;

  private constructor(stream: Stream, log: Log, disk: Disk) {
    this.#stream = stream;
    this.#log = log;
    this.#disk = disk;
    this.#pages = Array.from({ length: PAGES }, (_, page) => {
      const [changed = 0, ...values] = new Float64Array(disk.read(page * PAGE, PAGE).slice().buffer);
      return { changed, values: Float64Array.from(values.slice(0, SLOTS)), isDirty: false };
    });
  }

  static async open(stream: Stream, disk: Disk): Promise<Store> {
    const store = new Store(stream, await stream.log('changes', { segmentSize: 4096 }), disk);
    await store.#recover();
    return store;
  }

  begin(): number {
    this.#lastTransaction += 1;
    this.#open.set(this.#lastTransaction, new Map());
    return this.#lastTransaction;
  }

  get(slot: number): number {
    return this.#pageOf(slot).values[slot % SLOTS] ?? 0;
  }

  /** Changes a slot, which belongs to the transaction until that ends. */
  async set(transaction: number, slot: number, value: number): Promise<void> {
    for (const [other, changes] of this.#open)
      for (const change of changes.values())
        if (other !== transaction && change.slot === slot) throw new Error(`slot ${slot} is taken`);
    await this.#change({ transaction, slot, undo: this.get(slot), redo: value });
  }

  async commit(transaction: number): Promise<void> {
    await this.#log.append(JSON.stringify({ transaction, end: true } satisfies End));
    this.#open.delete(transaction);
  }

  async abort(transaction: number): Promise<void> {
    const changes = [...(this.#open.get(transaction) ?? [])].reverse();
    const undone = new Set(changes.map(([, { undoes }]) => undoes));
    for (const [timestamp, { slot, undo, redo, undoes }] of changes)
      if (undoes === undefined && !undone.has(timestamp))
        await this.#change({ transaction, slot, undo: redo, redo: undo, undoes: timestamp });
    await this.commit(transaction); // as it has undone everything itself
  }

  /** Writes a page, whoever has changed it. It is safe on the disk after the next checkpoint. */
  async writePage(number: number): Promise<void> {
    const page = this.#pages[number];
    if (!page?.isDirty) return;
    while (this.#stream.persisted < page.changed) await this.#stream.whenPersisted(page.changed);
    page.isDirty = false;
    this.#disk.write(number * PAGE, new Uint8Array(Float64Array.of(page.changed, ...page.values).buffer));
  }

  /** Makes the log short. */
  async checkpoint(): Promise<void> {
    const needed = [...this.#open.values()].flatMap((changes) => [...changes.keys()]);
    const before = Math.min(this.#log.last + 1, ...needed);
    for (const number of this.#pages.keys()) await this.writePage(number);
    this.#disk.sync();
    await this.#log.trim({ before });
  }

  async #change(change: Change): Promise<void> {
    const { timestamp } = await this.#log.append(JSON.stringify(change), { until: 'committed' });
    this.#apply(timestamp, change);
  }

  #apply(timestamp: number, change: Change): void {
    this.#open.get(change.transaction)?.set(timestamp, change);
    const page = this.#pageOf(change.slot);
    if (timestamp <= page.changed) return; // the page went to the disk after that
    page.values[change.slot % SLOTS] = change.redo;
    page.changed = timestamp;
    page.isDirty = true;
  }

  async #recover(): Promise<void> {
    for (const entry of this.#log.entries()) {
      const record = entry.json() as Change | End;
      this.#lastTransaction = Math.max(this.#lastTransaction, record.transaction);
      if ('end' in record) this.#open.delete(record.transaction);
      else {
        if (!this.#open.has(record.transaction)) this.#open.set(record.transaction, new Map());
        this.#apply(entry.timestamp, record);
      }
    }
    for (const transaction of this.#open.keys()) await this.abort(transaction);
  }

  #pageOf(slot: number): Page {
    const page = this.#pages[Math.floor(slot / SLOTS)];
    if (page === undefined) throw new RangeError(`there is no slot ${slot}`);
    return page;
  }
}

if (isMain(import.meta.url)) {
  const LAST = PAGES * SLOTS - 1;
  /** Moves money from account to account. Every fourth transfer is given up; one transaction stays open all the time. */
  const transfer = async (store: Store, number: number, acknowledge: () => void) => {
    const [from, to] = [number % LAST, (number * 5 + 3) % LAST];
    const transaction = store.begin();
    await store.set(transaction, from, store.get(from) - number);
    if (number % 2 === 0) await store.writePage(Math.floor(from / SLOTS));
    await store.set(transaction, to, store.get(to) + number);
    if (number % 4 === 3) return store.abort(transaction);
    await store.commit(transaction);
    acknowledge();
  };
  const work = async (machine: Machine, acknowledge: () => void) => {
    const stream = await Stream.open(machine.medium);
    for (const first of [1, 11]) {
      const store = await Store.open(stream, machine); // the second time it finds a transaction without an end
      const endless = store.begin();
      for (let number = first; number < first + 10; number += 1) {
        await transfer(store, number, acknowledge);
        if (number % 5 === 0) await store.set(endless, LAST, number);
        if (number % 3 === 0) await store.checkpoint();
      }
    }
    await stream.close();
  };
  /** What accounts should hold after so many transfers that were not given up. */
  const after = (count: number) => {
    const accounts = new Array<number>(LAST + 1).fill(0);
    for (let number = 1, done = 0; done < count; number += 1) {
      if (number % 4 === 3) continue;
      const [from, to] = [number % LAST, (number * 5 + 3) % LAST];
      accounts[from] = (accounts[from] ?? 0) - number;
      accounts[to] = (accounts[to] ?? 0) + number;
      done += 1;
    }
    return accounts.join();
  };
  const judge = async (machine: Machine, acknowledged: number) => {
    const stream = await Stream.open(machine.medium);
    const store = await Store.open(stream, machine);
    const found = Array.from({ length: LAST + 1 }, (_, slot) => store.get(slot)).join();
    if (![0, 1].some((more) => found === after(acknowledged + more)))
      throw new Error(`after ${acknowledged}: ${found}`);
    await store.checkpoint();
    await stream.close();
  };
  console.log(await cutPowerEverywhere(work, judge));
  console.log('no account was wrong');
}
