// A Map that survives crashes: each change is durable in a log before it is made, and the log is read again at the start.
import { type Region, Stream } from 'varve';
import { scratchPath } from './helpers/scratch.js';

type Change = { set: string; to: number } | { delete: string };

class DurableMap {
  readonly #log: Region;
  readonly #map = new Map<string, number>();

  /** Recovers what the log says. */
  constructor(log: Region) {
    this.#log = log;
    for (const entry of log) this.#apply(entry.json() as Change);
  }

  async set(key: string, value: number): Promise<void> {
    await this.#change({ set: key, to: value });
  }

  async delete(key: string): Promise<void> {
    await this.#change({ delete: key });
  }

  toString(): string {
    return JSON.stringify(Object.fromEntries(this.#map));
  }

  async #change(change: Change): Promise<void> {
    await this.#log.append(JSON.stringify(change));
    this.#apply(change);
  }

  #apply(change: Change): void {
    if ('set' in change) this.#map.set(change.set, change.to);
    else this.#map.delete(change.delete);
  }
}

const path = scratchPath('accounts.varve');

const before = await Stream.open(path, { size: '1MiB' });
const accounts = new DurableMap(await before.allocate('256KiB', { name: 'changes' }));
await accounts.set('ada', 10);
await accounts.set('grace', 20);
await accounts.set('ada', 15);
await accounts.delete('grace');
await accounts.set('edsger', 5);
console.log(`before: ${accounts}`);
await before.close();

const after = await Stream.open(path, { mode: 'open' });
const log = after.region('changes');
if (log !== undefined) console.log(`after:  ${new DurableMap(log)}`);
await after.close();
