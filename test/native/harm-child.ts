// What could kill a process, to be run in one of its own: node harm-child.js <act> <path of a file of 64 KiB>
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { openSync, truncateSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { loadAddon } from '../../src/base/native-loader.js';

const SIZE = 64 * 1024;
const addon = loadAddon();
assert.ok(addon !== undefined);
const block = new Float64Array(addon.block);
const [act, path] = isMainThread ? process.argv.slice(2) : (workerData as string[]);
assert.ok(path !== undefined);
const fd = openSync(path, act === 'truncated-private' ? 'r' : 'r+');

const acts: Record<string, () => void | Promise<void>> = {
  truncated() {
    const one = addon.map(fd, 0, SIZE, 'shared', false);
    const other = addon.map(fd, 0, 4096, 'shared', false);
    const bytes = new Uint8Array(one.memory).fill(1);
    truncateSync(path, 8192);
    assert.deepEqual([bytes[0], addon.lost(one.mapping), block[15]], [1, false, 0]);
    assert.equal(bytes[20_000], 0);
    bytes[40_000] = 5;
    assert.deepEqual([bytes[40_000], bytes[20_001], block[15]], [5, 0, 2]);
    assert.deepEqual([addon.lost(one.mapping), addon.lost(other.mapping)], [true, false]);
    addon.unmap(one.mapping);
    const again = addon.map(fd, 0, 4096, 'shared', false);
    assert.equal(addon.lost(again.mapping), false);
    console.log('lost 2 pages of the one, none of the other');
  },
  'truncated-private'() {
    const { mapping, memory } = addon.map(fd, 0, SIZE, 'private', false);
    truncateSync(path, 0);
    console.log(
      `${new Uint8Array(memory)[5] === 0 && addon.lost(mapping) ? 'lost' : 'not lost'}, reads zero`,
    );
  },
  'sealed-lost'() {
    const { mapping, memory } = addon.map(fd, 0, SIZE, 'shared', true);
    truncateSync(path, 0);
    block.set([mapping, 4096, 8192, 1]);
    addon.seal();
    addon.flush();
    addon.fence();
    block.set([mapping, 16_384, 1, 1, 0]);
    addon.storeSealed(new Uint8Array(20_000));
    addon.verifyBytes(new Uint8Array(memory), 0, SIZE, 1, 0, 100);
    addon.crc32c(1, new Uint8Array(memory));
    console.log(addon.lost(mapping) ? 'lost' : 'not lost');
  },
  async bus() {
    addon.map(fd, 0, 4096, 'shared', false);
    process.kill(process.pid, 'SIGBUS');
    await once(process, 'never');
  },
  exit() {
    new Uint8Array(addon.map(fd, 0, SIZE, 'shared', false).memory)[0] = 1;
    console.log('leaving');
    process.exit(0);
  },
  async workers() {
    const { memory } = addon.map(fd, 0, SIZE, 'shared', true);
    const bytes = new Uint8Array(memory);
    for (let round = 0; round < 10; round += 1) {
      const workers = [1, 2].map(
        () => new Worker(new URL(import.meta.url), { workerData: ['worker', path] }),
      );
      await Promise.all(workers.map((worker) => once(worker, 'message')));
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    await collect();
    assert.equal(bytes[1], 1);
    console.log('all workers gone, own mapping intact');
  },
  worker: busyWorker,
  async stolen() {
    const { mapping, memory } = addon.map(fd, 0, SIZE, 'shared', false);
    new Uint8Array(memory)[7] = 7;
    const stolen = new Uint8Array((memory as ArrayBuffer & { transfer(): ArrayBuffer }).transfer());
    assert.equal(stolen[7], 7);
    addon.unmap(mapping);
    await collect();
    assert.ok(stolen.every((byte) => byte === 0));
    stolen[7] = 9;
    console.log('zeroes');
  },
};

/** Is terminated while it maps, stores and unmaps. */
async function busyWorker(): Promise<void> {
  const { parentPort } = await import('node:worker_threads');
  new Uint8Array(addonOrFail().map(fd, 0, SIZE, 'shared', true).memory)[1] = 1;
  parentPort?.postMessage('mapped');
  for (;;) {
    const { mapping, memory } = addonOrFail().map(fd, 0, SIZE, 'shared', true);
    new Uint8Array(memory)[1] = 1;
    addonOrFail().unmap(mapping);
    await turn();
  }
}

function addonOrFail() {
  const found = loadAddon();
  assert.ok(found !== undefined);
  return found;
}

async function collect(): Promise<void> {
  for (let index = 0; index < 5; index += 1) {
    globalThis.gc?.();
    await turn();
  }
}

await acts[act ?? '']?.();
