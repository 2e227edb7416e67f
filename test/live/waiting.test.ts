import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mock, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { Follower } from '../../src/core/follower.js';
import { onEveryFile } from '../helpers/media.js';
import { threadCount, threadCountAfter } from '../helpers/tasks.js';
import { liveProblem } from './live-files.js';
import { Player } from './players.js';
import { readingCore } from './reading-core.js';

const IDLE_FOLLOWER = fileURLToPath(new URL('./idle-follower.js', import.meta.url));

/** Lets everything happen that needs no more time to pass. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** How often somebody looks who waits for `minutes` by the clock of the timers, in steps of so many ms, while nothing happens. */
async function looksIn(news: () => Promise<void>, minutes: number, step: number): Promise<number> {
  let looks = 0;
  let over = false;
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const looking = (async () => {
      for (; !over; looks++) await news();
    })();
    await settle();
    for (let ms = 0; ms < minutes * 60_000; ms += step) {
      mock.timers.tick(step);
      await settle();
    }
    over = true;
    mock.timers.tick(100_000);
    await looking;
  } finally {
    mock.timers.reset();
  }
  return looks;
}

onEveryFile('an idle tail looks ever more seldom: about once a minute in the end', async (t, place) => {
  if (liveProblem() !== undefined) return t.skip(liveProblem());
  const writer = await place.open();
  const core = readingCore(t, place);
  const looks = await looksIn(() => core.news(), 10, 100);
  assert.ok(looks > 15 && looks < 30, `${looks} looks in ten minutes`);
  await writer.close();
});

test('where nobody can be heard a reader looks every 20 ms, as long as it waits', async (t) => {
  const follower = new Follower(undefined);
  t.after(() => follower.close());
  const looks = await looksIn(() => follower.news(undefined), 1, 20);
  assert.ok(looks > 2400 && looks < 3100, `${looks} looks in a minute`);
});

onEveryFile('a signal ends a wait, and nothing keeps the process alive then', async (t, place) => {
  if (liveProblem() !== undefined) return t.skip(liveProblem());
  const writer = await place.open();
  (await writer.allocate('64KiB', { name: 'log' })).appendSync('one');
  const reader = new Player(t, { ...place, addon: true });
  assert.equal(await reader.ask({ is: 'follow' }), 0);
  assert.equal(await reader.answer(), 1);
  assert.equal(await reader.ask({ is: 'abort' }), -1);
  // Its stream is still open, with the thread that waits; the looks by the clock would come in minutes.
  reader.tell({ is: 'leave' });
  assert.deepEqual(await reader.ended, [0, null]);
  await writer.close();
});

onEveryFile('whenPersisted of a reader waits until the writer says so', async (t, place) => {
  if (liveProblem() !== undefined) return t.skip(liveProblem());
  await (await place.open()).close();
  const writer = new Player(t, { ...place, addon: true });
  await writer.ask({ is: 'write' });
  const reader = new Player(t, { ...place, addon: true });
  assert.equal(await reader.ask({ is: 'follow' }), 0);
  for (let i = 0; i < 20; i++) {
    reader.tell({ is: 'persisted', timestamp: 10 * (i + 1) });
    assert.equal(await writer.ask({ is: 'append', entries: 10 }), 10 * (i + 1));
    const answers = [];
    while (answers.length < 11) answers.push(await reader.answer());
    assert.ok(answers.includes(10 * (i + 1)));
    assert.deepEqual(new Set(answers).size, 10, 'each entry, and once more what is persisted');
  }
});

onEveryFile('a worker that is terminated in the midst of a wait leaves nothing behind', async (t, place) => {
  if (liveProblem() !== undefined) return t.skip(liveProblem());
  const writer = await place.open();
  const region = await writer.allocate('64KiB', { name: 'log' });
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const round = async () => {
    const worker = new Worker(IDLE_FOLLOWER, { argv: [place.path, place.kind] });
    await once(worker, 'message');
    await region.append('news');
    await once(worker, 'message');
    await worker.terminate();
  };
  await round();
  const before = [threadCount(), descriptors()];
  for (let i = 0; i < 4; i++) await round();
  assert.deepEqual([await threadCountAfter(before[0] as number), descriptors()], before);
  const again = place.openSync({ readOnly: true }).region('log')?.tail();
  for (let i = 0; i < 5; i++) assert.equal((await again?.next())?.value?.text(), 'news');
  await writer.close();
});
