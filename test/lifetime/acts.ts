// What could kill a process or show foreign bytes, to be run in one of its own: node --expose-gc acts.js <act,act,…> <kind> <directory> [count]
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { seededRandom } from '../../src/testing/random.js';
import { isFailure } from '../helpers/errors.js';
import type { KindName } from '../helpers/media.js';
import { assertHarmless, collect, fillAndView, holdings, openOn } from './support.js';

const [wanted = '', kind = 'memory', directory = '', count = '0'] = isMainThread
  ? process.argv.slice(2)
  : (workerData as string[]);
const medium = kind as KindName;
const pathOf = (name: string): string => join(directory, name);

/** After a free its space is another region's at once: old views do not show it. */
async function freed(): Promise<void> {
  const stream = openOn(medium, pathOf('freed'));
  for (let round = 1; round <= 20; round++) {
    const region = stream.allocateSync('64KiB');
    const views = fillAndView(region, round);
    if (round % 2 === 0) region.freeSync();
    else await region.free();
    const next = stream.allocateSync('64KiB');
    const others = fillAndView(next, 100 + round);
    assert.equal(next.offset, region.offset);
    assertHarmless(views, round);
    for (const view of views) for (let i = 0; i < view.length; i++) view[i] = 200;
    assert.ok(Array.from(next).every((entry) => entry.data.every((byte) => byte === 100 + round)));
    if (round % 3 === 0) await collect();
    assertHarmless(others, 100 + round);
    next.freeSync();
  }
  stream.closeSync();
}

/** A cleared region is the same region: its views show its bytes, old or new, and nothing else. */
async function cleared(): Promise<void> {
  const stream = openOn(medium, pathOf('cleared'));
  const [region, neighbour] = [stream.allocateSync('64KiB'), stream.allocateSync('64KiB')];
  const others = fillAndView(neighbour, 77);
  for (let round = 1; round <= 20; round++) {
    const views = fillAndView(region, 5);
    await region.clear();
    fillAndView(region, 5);
    for (const view of views) for (let i = 0; i < view.length; i++) assert.notEqual(view[i], 77);
    await region.clear();
  }
  assertHarmless(others, 77);
  stream.closeSync();
}

/** Streams are opened and closed in any order, with views that live on or do not. */
async function churned(): Promise<void> {
  const random = seededRandom(Number(count));
  const held: { views: Uint8Array[]; byte: number }[] = [];
  const open: (() => void)[] = [];
  for (let round = 0; round < Number(count); round++) {
    const byte = 1 + (round % 250);
    const stream = openOn(medium, pathOf(`stream-${round % 5}-${round}`));
    held.push({ views: fillAndView(stream.allocateSync('64KiB'), byte), byte });
    open.push(() => stream.closeSync());
    while (open.length > random(6)) open.splice(random(open.length), 1)[0]?.();
    while (held.length > random(40)) held.splice(random(held.length), 1);
    for (const { views, byte } of held) assertHarmless(views, byte);
    if (random(10) === 0) await collect();
  }
  for (const close of open) close();
  await collect();
  for (const { views, byte } of held) assertHarmless(views, byte);
}

/** However often a stream is opened and closed, what the process holds stays the same. */
async function repeated(): Promise<void> {
  const cycle = async (times: number): Promise<void> => {
    for (let i = 1; i <= times; i++) {
      const stream = openOn(medium, pathOf('stream'));
      const region = stream.region('kept') ?? stream.allocateSync('64KiB', { name: 'kept' });
      if (region.available < 1000) region.clearSync();
      region.appendSync('again', { until: 'committed' });
      if (i % 2 === 0) await stream.close();
      else stream.closeSync();
      if (i % 200 === 0) await collect();
    }
    await collect();
  };
  await cycle(400);
  const before = holdings();
  await cycle(Number(count));
  const after = holdings();
  const text = JSON.stringify({ before, after });
  assert.ok(after.maps - before.maps < 100, text);
  assert.equal(after.descriptors, before.descriptors, text);
  assert.ok(after.external - before.external < 4 * 2 ** 20, text);
}

/** Workers read beside and write a stream of their own, and are ended in the midst of it. */
async function workers(): Promise<void> {
  const stream = openOn(medium, pathOf('stream'));
  const region = stream.allocateSync('64KiB', { name: 'shared' });
  const views = fillAndView(region, 9);
  for (let round = 0; round < Number(count); round++) {
    const pair = [0, 1].map(
      (which) =>
        new Worker(new URL(import.meta.url), {
          workerData: ['worker', kind, directory, `${round * 2 + which}`],
          stderr: false,
        }),
    );
    await Promise.all(pair.map((worker) => once(worker, 'message')));
    const [ends, dies] = pair as [Worker, Worker];
    ends.postMessage('end');
    await Promise.all([once(ends, 'exit'), dies.terminate()]);
    await collect();
    // Without the cancelled slot, whose place these take.
    assertHarmless(views.slice(0, 2), 9);
    region.appendSync(new Uint8Array(100).fill(9));
  }
  assert.equal(region.entryCount, 8 + Number(count));
  stream.closeSync();
}

/** Holds views of the main thread's stream and of its own, and closes nothing. */
async function worker(): Promise<void> {
  const own = openOn(medium, pathOf(`own-${count}`));
  const region = own.allocateSync('64KiB');
  fillAndView(region, 11);
  const beside = medium === 'memory' ? undefined : openOn(medium, pathOf('stream'), { readOnly: true });
  const [shared] = beside?.region('shared') ?? [];
  parentPort?.postMessage('ready');
  parentPort?.once('message', () => process.exit());
  for (;;) {
    region.appendSync('x', { until: 'committed' });
    if (region.available < 100) region.clearSync();
    assertHarmless(shared === undefined ? [] : [shared.data], 9);
    await collect();
  }
}

/** The process ends with views in use: by handlers of its exit, and by finalizers. */
async function exited(): Promise<void> {
  const [open, closed] = [openOn(medium, pathOf('open')), openOn(medium, pathOf('closed'))];
  const [alive, stale] = [
    fillAndView(open.allocateSync('64KiB'), 3),
    fillAndView(closed.allocateSync('64KiB'), 4),
  ];
  const [entry] = [...closed.regions()].flatMap((region) => [...region]);
  const registry = new FinalizationRegistry<Uint8Array[]>((views) => assertHarmless(views, 3));
  for (let i = 0; i < 100; i++) registry.register({ i }, alive);
  closed.closeSync();
  await collect();
  process.on('exit', () => {
    assertHarmless(alive, 3);
    assertHarmless(stale, 4);
    assert.throws(
      () => entry?.data,
      (error) => isFailure(error, ['VARVE_CLOSED']),
    );
  });
}

/** The writer gives a region's space to another one: a reader beside gets what it asked for, or is told. */
async function taken(): Promise<void> {
  if (medium === 'memory') return;
  const writer = openOn(medium, pathOf('taken'));
  for (const end of ['free', 'clear'] as const) {
    const region = writer.allocateSync('64KiB', { name: 'first' });
    fillAndView(region, 21);
    const reader = openOn(medium, pathOf('taken'), { readOnly: true });
    const seen = reader.region('first');
    assert.ok(seen !== undefined);
    const entries = [...seen];
    const cursor = seen.cursor();
    const backwards = seen.entries({ reverse: true });
    assert.ok(cursor.next() && !backwards.next().done);
    if (end === 'free') region.freeSync();
    else region.clearSync();
    const next = end === 'free' ? writer.allocateSync('64KiB', { name: 'second' }) : region;
    fillAndView(next, 22);
    const looks = [
      ...entries.flatMap((entry) => [() => entry.data, () => entry.copy(), () => Buffer.from(entry.text())]),
      () => (cursor.next() ? cursor.data : new Uint8Array()),
      () => (backwards.next().value as { data: Uint8Array }).data,
    ];
    for (const look of looks) assertRightOrFreed(look, 21);
    // The handle of a cleared region goes on with what is there now.
    const later = [
      () => seen.get(entries[3]?.timestamp ?? 0)?.data ?? new Uint8Array(),
      ...entries.map((_, i) => () => [...seen][i]?.data ?? new Uint8Array()),
    ];
    for (const look of later) assertRightOrFreed(look, 22);
    assert.ok((await reader.check()).ok, 'what is gone is no damage');
    reader.closeSync();
    next.freeSync();
  }
  writer.closeSync();
}

function assertRightOrFreed(look: () => Uint8Array, byte: number): void {
  try {
    assert.ok(
      look().every((each) => each === byte),
      "another region's bytes",
    );
  } catch (error) {
    if (!isFailure(error, ['VARVE_REGION_FREED'])) throw error;
  }
}

const acts: Record<string, () => Promise<void>> = {
  freed,
  cleared,
  churned,
  repeated,
  workers,
  worker,
  exited,
  taken,
};
for (const act of wanted.split(',')) await acts[act]?.();
if (isMainThread) console.log('fine');
