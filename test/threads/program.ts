/** A thread of a test: it attaches to the stream and does what it is asked to, one message after the other. */
import { parentPort } from 'node:worker_threads';
import { CommitRecord } from '../../src/core/shared/commit-record.js';
import { SharedLock } from '../../src/core/shared/lock.js';
import { TransactionRecord } from '../../src/core/shared/transaction-record.js';
import {
  type Entry,
  type Region,
  type Slot,
  Stream,
  type StreamHandle,
  type Transaction,
  VarveError,
} from '../../src/index.js';
import { FileMedium } from '../../src/media/file.js';
import { FileAppendExtent } from '../../src/media/file-extent.js';
import type { Acts, Answer, Request } from './thread.js';

let stream: Stream;
const slots: Slot[] = [];
const appends: Promise<Entry>[] = [];
const keptEntries: Entry[] = [];

function regionOf(id: number): Region {
  const region = stream.region(id);
  if (region === undefined) throw new Error(`this thread knows of no region ${id}`);
  return region;
}

/** A transaction that appends the same text to all the regions. */
function everywhere(ids: readonly number[], text: string): (tx: Transaction) => void {
  const regions = ids.map(regionOf);
  return (tx) => {
    for (const region of regions) tx.append(region, text);
  };
}

const classes = { SharedLock, TransactionRecord, CommitRecord, FileAppendExtent, FileMedium };

const acts: {
  [A in keyof Acts]: (...args: Parameters<Acts[A]>) => ReturnType<Acts[A]> | Promise<ReturnType<Acts[A]>>;
} = {
  async attach(handle) {
    stream = await Stream.attach(handle as StreamHandle);
    return { readOnly: stream.readOnly, regions: Array.from(stream.regions(), ({ id }) => id) };
  },
  async leave() {
    for (const kept of [slots, appends, keptEntries]) kept.length = 0;
    await stream.close();
  },
  append: async (id, text, options) => (await regionOf(id).append(text, options)).timestamp,
  begin(id, text) {
    const append = regionOf(id).append(text);
    append.catch(() => {});
    return appends.push(append) - 1;
  },
  outcome: async (append) => (await appends[append])?.timestamp ?? 0,
  appendSync: (id, text, options) => regionOf(id).appendSync(text, options).timestamp,
  appendMany(id, count, text, until) {
    const region = regionOf(id);
    return Array.from(
      { length: count },
      (_, index) => region.appendSync(`${text}${index}`, { until }).timestamp,
    );
  },
  async appendAll(id, count, text) {
    const region = regionOf(id);
    const appends = Array.from({ length: count }, (_, index) => region.append(`${text}${index}`));
    return (await Promise.all(appends)).map(({ timestamp }) => timestamp);
  },
  appendEmpty(id, count) {
    const region = regionOf(id);
    const nothing = new Uint8Array(0);
    for (let index = 0; index < count; index += 1) region.appendSync(nothing, { until: 'committed' });
    return stream.committed;
  },
  appendForEver(id, text) {
    const region = regionOf(id);
    for (let index = 0; ; index += 1) {
      if (region.available < 100) region.clearSync();
      region.appendSync(`${text}${index}`, { until: index % 4 === 0 ? 'persisted' : 'committed' });
    }
  },
  async transact(ids, text, until = 'persisted') {
    const entries = await stream.transaction(everywhere(ids, text), { until });
    return entries.map(({ timestamp }) => timestamp);
  },
  transactSync: (ids, text, until = 'persisted') =>
    stream.transactionSync(everywhere(ids, text), { until }).map(({ timestamp }) => timestamp),
  transactForEver(ids, text) {
    for (let index = 0; ; index += 1) {
      const until = index % 8 === 0 ? 'persisted' : 'committed';
      stream.transactionSync(everywhere(ids, `${text}${index}`), { until });
    }
  },
  compareCounts(ids, looks) {
    const regions = ids.map(regionOf);
    let most = 0;
    for (let look = 0; look < looks; look += 1) {
      for (const { id, entryCount } of regions.reverse()) {
        if (entryCount < most)
          throw new Error(`region ${id} has ${entryCount} entries after another had ${most}`);
        most = entryCount;
      }
    }
    return most;
  },
  stopAt(place, nth, arrived) {
    const [name, method] = place.split('.') as [keyof typeof classes, string];
    const { prototype } = classes[name] as unknown as {
      prototype: Record<string, (...a: unknown[]) => unknown>;
    };
    const original = prototype[method];
    if (original === undefined) throw new Error(`there is no ${place}`);
    const words = new Int32Array(arrived);
    let calls = 0;
    prototype[method] = function stopping(this: unknown, ...args) {
      calls += 1;
      if (calls === nth) {
        Atomics.store(words, 0, 1);
        Atomics.notify(words, 0);
        Atomics.wait(words, 1, 0);
      }
      return original.apply(this, args);
    };
  },
  reserve(id, text) {
    const slot = regionOf(id).reserve(text.length);
    slot.data.set(Buffer.from(text));
    return slots.push(slot) - 1;
  },
  publish: async (slot) => (await slots[slot]?.publish())?.timestamp ?? 0,
  cancel: (slot) => slots[slot]?.cancel(),
  texts: (id) => Array.from(id === 0 ? stream.entries() : regionOf(id), (entry) => entry.text()),
  async follow(id, count) {
    const texts: string[] = [];
    for await (const entry of id === 0 ? stream.tail() : regionOf(id).tail()) {
      texts.push(entry.text());
      if (texts.length === count) break;
    }
    return texts;
  },
  keepReading(id) {
    const [entry] = regionOf(id);
    if (entry !== undefined) keptEntries.push(entry);
  },
  readKept: () => keptEntries.at(-1)?.text() ?? '',
  allocate: async (name) => (await stream.allocate('64KiB', { name })).id,
  allocateSize: async (size) => (await stream.allocate(size)).id,
  allocateForEver(size, text) {
    try {
      for (;;) stream.allocateSync(size).appendSync(text);
    } catch (error) {
      if (!(error instanceof VarveError && error.code === 'VARVE_FULL')) throw error;
    }
  },
  size: () => stream.size,
  named: (name) => stream.region(name)?.id ?? 0,
  clear: (id) => regionOf(id).clear(),
  free: (id) => regionOf(id).free(),
  clock: () => [stream.committed, stream.persisted],
  async whenPersisted(timestamp) {
    await stream.whenPersisted(timestamp);
    return stream.persisted;
  },
  persist: () => stream.persist(),
  share: () => stream.share(),
  close: () => stream.close(),
};

parentPort?.on('message', async ({ number, act, args }: Request) => {
  const answer: Answer = { number };
  try {
    answer.value = await (acts[act] as (...given: unknown[]) => unknown)(...args);
  } catch (error) {
    answer.error = { code: String((error as { code?: unknown }).code), message: (error as Error).message };
  }
  parentPort?.postMessage(answer);
});
