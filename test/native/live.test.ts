import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync, truncateSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Addon } from '../../src/base/addon.js';
import { threadCount, threadCountAfter } from '../helpers/tasks.js';
import { addonTest, openScratch } from './support.js';

const SIZE = 4096;
const WORD = 64;
const LOADER = new URL('../../src/base/native-loader.js', import.meta.url).href;

/** Waits for a word, one call after the other. */
class Listening {
  readonly addon: Addon;
  readonly listener: number;
  calls: boolean[] = [];
  #onCall: () => void = () => {};
  /** Keeps the process alive while one waits, which the listener does not. */
  readonly #alive = setInterval(() => {}, 60_000);

  constructor(addon: Addon, fd: number) {
    this.addon = addon;
    this.listener = addon.listen(fd, WORD, (failed) => {
      this.calls.push(failed);
      this.#onCall();
    });
  }

  async called(): Promise<boolean> {
    while (this.calls.length === 0) {
      await new Promise<void>((resolve) => {
        this.#onCall = resolve;
      });
    }
    return this.calls.shift() as boolean;
  }

  end(): void {
    clearInterval(this.#alive);
    this.addon.unlisten(this.listener);
  }
}

addonTest('a ring wakes those who wait for another number, each of them once', async (addon, t) => {
  const { path, fd } = openScratch(t, SIZE);
  const { mapping } = addon.map(fd, 0, SIZE, 'shared', false);
  const readOnly = openSync(path, 'r');
  t.after(() => closeSync(readOnly));
  const [one, other] = [new Listening(addon, readOnly), new Listening(addon, readOnly)];
  for (let seen = 0; seen < 500; seen++) {
    addon.wait(one.listener, seen);
    if (seen % 3 === 0) addon.wait(other.listener, seen);
    if (seen % 7 === 0) await turn();
    addon.ring(mapping, WORD);
    assert.equal(await one.called(), false);
    if (seen % 3 === 0) assert.equal(await other.called(), false);
    assert.deepEqual([one.calls, other.calls], [[], []]);
  }
  addon.wait(one.listener, 499);
  await one.called();
  one.end();
  other.end();
  assert.throws(() => addon.wait(one.listener, 0), RangeError);
  addon.unmap(mapping);
});

addonTest('what is stored is seen by a peek, whoever stored it', (addon, t) => {
  const { path, fd } = openScratch(t, SIZE);
  const { mapping, memory } = addon.map(fd, 0, SIZE, 'shared', false);
  const readOnly = openSync(path, 'r');
  const listener = addon.listen(readOnly, WORD, () => {});
  closeSync(readOnly);
  new Float64Array(memory, WORD + 8, 3).set([1.5, 2 ** 53 - 1, Number.NaN]);
  addon.ring(mapping, WORD);
  addon.ring(mapping, WORD + 4);
  addon.ring(mapping, WORD + 4);
  addon.peek(listener);
  const block = new Float64Array(addon.block);
  assert.deepEqual([...new Uint32Array(addon.block, 64, 2)], [1, 2]);
  assert.deepEqual([...block.subarray(9, 12)], [1.5, 2 ** 53 - 1, Number.NaN]);
  addon.unlisten(listener);
  addon.unmap(mapping);
});

addonTest('wrong arguments are errors, and wake or change nothing', (addon, t) => {
  const { fd } = openScratch(t, SIZE);
  const { mapping, memory } = addon.map(fd, 0, 100, 'shared', false);
  for (const position of [-4, 1, 97, 98, 100, 2 ** 53, Number.NaN]) {
    assert.throws(() => addon.ring(mapping, position), RangeError, `${position}`);
  }
  assert.throws(() => addon.ring(mapping + 1, 0), RangeError);
  assert.ok(new Uint8Array(memory).every((byte) => byte === 0));
  for (const from of [-64, 8, 2 ** 40, 0.5])
    assert.throws(() => addon.listen(fd, from, () => {}), RangeError);
  assert.throws(() => addon.listen(1_000_000, 0, () => {}), { code: 'EBADF', syscall: 'mmap' });
  assert.throws(() => addon.listen(fd, 0, undefined as never));
  for (const listener of [0, 1e9, -1, Number.NaN, '1' as never, undefined as never]) {
    assert.throws(() => addon.peek(listener), RangeError);
    assert.throws(() => addon.wait(listener, 0), RangeError);
    assert.throws(() => addon.unlisten(listener), RangeError);
  }
  const listener = addon.listen(fd, WORD, () => {});
  assert.throws(() => addon.wait(listener, 2 ** 32), RangeError);
  addon.unlisten(listener);
  assert.throws(() => addon.unlisten(listener), RangeError);
  addon.unmap(mapping);
});

addonTest('a listener is ended in any state, and its thread with it', async (addon, t) => {
  const { fd } = openScratch(t, SIZE);
  const { mapping } = addon.map(fd, 0, SIZE, 'shared', false);
  await turn();
  const before = threadCount();
  for (let i = 0; i < 100; i++) {
    const listener = addon.listen(fd, WORD, () => assert.fail('it was ended'));
    if (i % 4 > 0) addon.wait(listener, i % 4 === 1 ? 0 : 1);
    if (i % 8 > 4) for (let turns = 0; turns < i % 5; turns++) threadCount();
    addon.unlisten(listener);
  }
  await turn();
  assert.equal(await threadCountAfter(before), before);
  // One that ends itself when it is called.
  const ended = new Promise<void>((resolve) => {
    const listener = addon.listen(fd, WORD, () => {
      addon.unlisten(listener);
      setImmediate(resolve);
    });
    addon.wait(listener, 0);
  });
  const alive = setInterval(() => {}, 60_000);
  addon.ring(mapping, WORD);
  await ended;
  clearInterval(alive);
  assert.equal(await threadCountAfter(before), before);
  addon.unmap(mapping);
});

addonTest('a file that is cut off under one who waits is no end of the process', async (addon, t) => {
  const { path, fd } = openScratch(t, SIZE);
  const before = new Float64Array(addon.block)[15];
  const listening = new Listening(addon, fd);
  addon.wait(listening.listener, 0);
  await turn();
  truncateSync(path, 0);
  addon.peek(listening.listener);
  assert.deepEqual(
    [...new Uint8Array(addon.block, 64, 32)],
    Array.from({ length: 32 }, () => 0),
  );
  assert.notEqual(new Float64Array(addon.block)[15], before);
  listening.end();
});

addonTest('an environment that ends in the midst of waits ends them', async (addon, t) => {
  const { path, fd } = openScratch(t, SIZE);
  const { mapping } = addon.map(fd, 0, SIZE, 'shared', false);
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { openSync } = require('node:fs');
    import(${JSON.stringify(LOADER)}).then(({ loadAddon }) => {
      const addon = loadAddon();
      const fd = openSync(workerData, 'r');
      let seen = 0;
      const wait = () => addon.wait(busy, seen);
      const busy = addon.listen(fd, ${WORD}, () => { addon.peek(busy); seen = new Uint32Array(addon.block, 64, 1)[0]; wait(); });
      wait();
      for (let i = 0; i < 4; i++) addon.wait(addon.listen(fd, ${WORD}, () => {}), 0);
      addon.listen(fd, ${WORD}, () => {});
      parentPort.postMessage('waiting');
      setInterval(() => {}, 1000);
    });`;
  const counts: number[] = [];
  for (let round = 0; round < 6; round++) {
    const worker = new Worker(code, { eval: true, workerData: path });
    await once(worker, 'message');
    const ended = worker.terminate();
    for (let i = 0; i < 1000; i++) addon.ring(mapping, WORD);
    await ended;
    counts.push(threadCount());
  }
  assert.ok((counts.at(-1) ?? 0) <= (counts[0] ?? 0), `${counts}`);
  addon.unmap(mapping);
});
