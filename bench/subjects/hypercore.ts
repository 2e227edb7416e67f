import { join } from 'node:path';
import { loadPeer } from '../lib/peers.js';
import type { Subject } from './subject.js';

/** What is used of hypercore. */
interface Core {
  ready(): Promise<void>;
  readonly length: number;
  append(blocks: Uint8Array | readonly Uint8Array[]): Promise<unknown>;
  get(index: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** hypercore: blocks, appended in batches. It never syncs. */
export const subject: Subject = {
  load: () => loadPeer('hypercore'),
  async open(directory) {
    const { default: Hypercore } = (await loadPeer('hypercore')) as { default: new (path: string) => Core };
    const core = new Hypercore(join(directory, 'hypercore'));
    await core.ready();
    const fill = async (data: Uint8Array, count: number, batch: number): Promise<void> => {
      const blocks = Array.from({ length: batch }, () => Buffer.from(data));
      for (let i = 0; i < count; i += batch) await core.append(blocks.slice(0, count - i));
    };
    return {
      appendBuffered: (data, count) => fill(data, count, 256),
      fill: (data, count) => fill(data, count, 10_000),
      async scan(reverse) {
        let sum = 0;
        for (let i = 0; i < core.length; i++) {
          const block = await core.get(reverse ? core.length - 1 - i : i);
          sum += block[0] ?? 0;
        }
        return sum >= 0 ? core.length : 0;
      },
      async get(numbers) {
        let found = 0;
        for (const number of numbers) if ((await core.get(number))[0] !== undefined) found++;
        return found;
      },
      close: () => core.close(),
    };
  },
};
