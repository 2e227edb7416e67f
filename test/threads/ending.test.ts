import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Stream } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { rejects } from '../helpers/errors.js';
import { LAYOUT } from '../helpers/format.js';
import { FsSpy } from '../helpers/fs-spy.js';
import { filePlaceOn, onEveryFile, onEveryMedium, type Place, problemOf } from '../helpers/media.js';
import { Thread } from './thread.js';

async function open(t: TestContext, place: Place) {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  return { stream, region, thread: await Thread.attach(t, stream) };
}

onEveryMedium(
  'a slot of a thread that is terminated is cancelled, and nobody waits for ever',
  async (t, place) => {
    const { region, thread } = await open(t, place);
    await thread.do('append', region.id, 'there before');
    await thread.do('reserve', region.id, 'never published');
    const other = await Thread.attach(t, { handle: await thread.do('share') });
    const waiting = [
      region.append('behind'),
      other.do('append', region.id, 'behind'),
      other.do('append', region.id, 'behind'),
    ];
    await thread.terminate();
    await Promise.all(waiting);
    assert.deepEqual(texts(region), ['there before', 'behind', 'behind', 'behind']);
    assert.equal(region.appendSync('further').timestamp, 5);
  },
);

onEveryMedium('a blocking append behind a slot of a thread that is terminated goes on', async (t, place) => {
  const { region, thread } = await open(t, place);
  await thread.do('reserve', region.id, 'never published');
  const other = await Thread.attach(t, { handle: await thread.do('share') });
  const waiting = other.do('appendSync', region.id, 'behind');
  await delay(20);
  await thread.terminate();
  assert.equal(await waiting, 1);
  assert.deepEqual(texts(region), ['behind']);
});

onEveryMedium(
  'threads that are terminated in the midst of appends leave whole entries, and the others go on',
  async (t, place) => {
    const { stream, region } = await open(t, place);
    const own = await stream.allocate('64KiB');
    for (let round = 0; round < 5; round += 1) {
      const thread = await Thread.attach(t, stream);
      thread.do('appendForEver', region.id, `round ${round}, `).catch(() => {});
      await delay(5 + round * 7);
      await thread.terminate();
      await own.append(`after ${round}`);
      if (region.available < 100) await region.clear();
      await region.append(`after ${round}`);
    }
    assert.equal(texts(own).length, 5);
    for (const text of texts(region)) assert.match(text, /^(round \d, \d+|after \d)$/);
    assert.deepEqual((await stream.check()).problems, []);
  },
);

onEveryMedium('closing it in one thread leaves it open in the others', async (t, place) => {
  const { stream, region, thread } = await open(t, place);
  const other = await Thread.attach(t, stream);
  await thread.do('append', region.id, 'one');
  await thread.do('close');
  await rejects('VARVE_CLOSED', thread.do('append', region.id, 'no'));
  region.appendSync('two');
  await stream.close();
  assert.equal(stream.closed, true);
  await other.do('append', region.id, 'three');
  assert.deepEqual(await other.do('texts', region.id), ['one', 'two', 'three']);
});

onEveryFile('a stream is clean once the last thread has closed it, and not before', async (t, place) => {
  const isClean = (): boolean => {
    const { offset, flags } = LAYOUT.state;
    return readFileSync(place.path).readUInt32LE(offset + flags) === 1;
  };
  const { stream, region, thread } = await open(t, place);
  await region.append('here');
  await stream.close();
  await thread.do('append', region.id, 'there');
  assert.equal(isClean(), false);
  await thread.do('close');
  assert.equal(isClean(), true);
  const again = await place.open();
  assert.deepEqual(texts(again.entries()), ['here', 'there']);
  assert.equal(again.region(region.id)?.appendSync('on').timestamp, 3);
});

onEveryFile('what the last thread leaves by its end is there, clean or not', async (t, place) => {
  const { stream, region, thread } = await open(t, place);
  await stream.close();
  await thread.do('append', region.id, 'persisted');
  await thread.do('reserve', region.id, 'left open');
  await thread.terminate();
  const again = await place.open();
  assert.deepEqual(texts(again.entries()), ['persisted']);
});

for (const kind of ['file', 'page-cache'] as const) {
  test(`a sync that fails in one thread poisons the stream for all (${kind})`, async (t) => {
    const problem = problemOf(kind);
    if (problem !== undefined) return t.skip(problem);
    const { stream, region, thread } = await open(t, filePlaceOn(t, kind));
    await thread.do('append', region.id, 'fine');
    // It stands in this thread's way only.
    FsSpy.install(t).failing = 'EIO';
    await rejects('VARVE_IO|VARVE_POISONED', region.append('lost'));
    await rejects('VARVE_POISONED', region.append('no more'));
    await rejects('VARVE_POISONED', thread.do('append', region.id, 'no more'));
    await rejects('VARVE_POISONED', thread.do('persist'));
    await rejects('VARVE_POISONED', thread.do('whenPersisted', stream.committed));
    await rejects('VARVE_POISONED', thread.do('allocate', 'no more'));
  });
}

onEveryFile('another writer is refused as long as any thread has the stream open', async (t, place) => {
  const { stream, region, thread } = await open(t, place);
  const refused = (): Promise<void> =>
    assert.rejects(
      Stream.open(place.path, { medium: place.kind as 'file' }),
      (error: { code?: string; message: string }) => {
        assert.equal(error.code, 'VARVE_LOCKED');
        return true;
      },
    );
  await refused();
  await stream.close();
  await refused();
  await thread.do('append', region.id, 'still the only one');
  await refused();
  await thread.do('close');
  assert.deepEqual(texts((await place.open()).entries()), ['still the only one']);
});

onEveryFile('a thread that is terminated keeps no lock', async (t, place) => {
  const { stream, thread } = await open(t, place);
  await stream.close();
  await thread.terminate();
  await (await place.open()).close();
});

onEveryMedium('threads that come and go leave nothing behind', async (t, place) => {
  if (!existsSync('/proc/self/maps')) return t.skip('the kernel does not say what a process has open');
  const { stream, region, thread } = await open(t, place);
  await thread.do('close');
  await thread.terminate();
  const comeAndGo = async (): Promise<void> => {
    for (let round = 0; round < 3; round += 1) {
      const guest = await Thread.attach(t, stream);
      await guest.do('append', region.id, 'x');
      if (round % 3 > 0) await guest.do('close');
      if (round % 3 === 1) assert.ok(await guest.do('close').then(() => true));
      await guest.terminate();
    }
  };
  const held = (): Record<string, number> => ({
    descriptors: readdirSync('/proc/self/fd').length,
    mappings:
      place.path === undefined ? 0 : readFileSync('/proc/self/maps', 'utf8').split(place.path).length - 1,
    threads: readdirSync('/proc/self/task').length,
  });
  await comeAndGo();
  const before = held();
  await comeAndGo();
  // The last thread may still be on its way out.
  const isMore = () => Object.entries(held()).some(([what, count]) => count > (before[what] ?? 0));
  for (let looks = 0; looks < 100 && isMore(); looks += 1) await delay(20);
  assert.equal(isMore(), false, `${JSON.stringify(held())} after ${JSON.stringify(before)}`);
});
