import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { pattern, texts } from '../helpers/bytes.js';
import { rejects } from '../helpers/errors.js';
import { onEveryMedium } from '../helpers/media.js';
import { Thread } from './thread.js';

const KIB = 2 ** 10;
const MIB = 2 ** 20;

onEveryMedium(
  'a stream grows in whichever thread needs room, and the others see what lies there',
  async (t, place) => {
    const stream = await place.open({ maxSize: '16MiB' });
    const handle = stream.share();
    const [one, two] = [await Thread.attach(t, { handle }), await Thread.attach(t, { handle })];
    const ids: number[] = [];
    for (const [i, thread] of [one, two, undefined, two, one, undefined].entries()) {
      const id =
        thread === undefined ? stream.allocateSync('1MiB').id : await thread.do('allocateSize', '1MiB');
      ids.push(id);
      for (const other of [one, two]) await other.do('append', id, `${i}`);
      stream.region(id)?.appendSync(pattern(600 * KIB, i));
      assert.deepEqual([await one.do('size'), await two.do('size')], [stream.size, stream.size]);
    }
    // A handle from before, in a thread that has seen nothing of it.
    const late = await Thread.attach(t, { handle });
    for (const [i, id] of ids.entries()) {
      assert.deepEqual((await late.do('texts', id)).slice(0, 2), [`${i}`, `${i}`]);
      await late.do('append', id, 'late');
    }
    await late.do('allocateSize', '4MiB');
    await rejects('VARVE_FULL', one.do('allocateSize', '7MiB'));
    assert.equal((await stream.check()).ok, true);
    for (const thread of [one, two, late]) await thread.do('close');
    await stream.close();
    const again = await place.open();
    assert.deepEqual(
      Array.from(again.regions(), ({ id, size }) => [id, size / KIB]),
      [...ids.map((id) => [id, KIB]), [ids.length + 1, 4 * KIB]],
    );
    for (const region of [...again.regions()].slice(0, -1)) assert.deepEqual(texts(region).at(-1), 'late');
    assert.equal((await again.check()).ok, true);
  },
  '64KiB',
);

onEveryMedium(
  'threads that allocate at the same time get all that maxSize allows, and nothing twice',
  async (t, place) => {
    const stream = await place.open({ maxSize: '4MiB', blockSize: 64 });
    const handle = stream.share();
    const threads = await Promise.all([1, 2, 3].map(() => Thread.attach(t, { handle })));
    await Promise.all(threads.map((thread, i) => thread.do('allocateForEver', 20_032, `${i}`)));
    assert.ok(stream.available < 20_032);
    const ends = Array.from(stream.regions(), ({ offset, size }) => [offset, offset + size] as const).sort(
      ([one], [other]) => one - other,
    );
    for (const [i, [start]] of ends.entries())
      assert.ok(i === 0 || start >= (ends[i - 1]?.[1] ?? 0), 'an overlap');
    assert.ok(stream.size <= 4096 * KIB && stream.size > 4096 * KIB - 20_032);
    assert.equal((await stream.check()).ok, true);
    for (const thread of threads) await thread.do('close');
  },
  '64KiB',
);

onEveryMedium(
  'a thread that is terminated while the stream grows leaves nothing undone',
  async (t, place) => {
    const stream = await place.open({ maxSize: '32MiB', blockSize: 64 });
    const own = await stream.allocate('16KiB', { name: 'own' });
    for (let round = 0; round < 4; round++) {
      const thread = await Thread.attach(t, stream);
      thread.do('allocateForEver', 4096 * 4 ** round, 'x').catch(() => {});
      await delay(2 + 4 * round);
      await thread.terminate();
      own.appendSync(`after ${round}`);
      if (stream.available >= MIB) stream.allocateSync('1MiB').appendSync('more');
      assert.equal((await stream.check()).ok, true);
    }
    await stream.close();
    const again = await place.open();
    assert.deepEqual(texts(again.region('own') ?? []), ['after 0', 'after 1', 'after 2', 'after 3']);
    assert.equal((await again.check()).ok, true);
  },
  '64KiB',
);
