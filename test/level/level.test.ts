import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Machine } from '../../examples/helpers/machine.js';
import type { VarveLevel as Level } from '../../examples/level/level.js';
import type { SortedView } from '../../examples/level/sorted-map.js';
import { MemoryMedium, Stream, VarveError } from '../../src/index.js';
import { seededRandom } from '../../src/testing/random.js';
import '../examples/use-this-build.js';
import { temporaryDirectory } from '../helpers/media.js';

// Only what is imported from here on gets this build for 'varve'.
const { cutPowerEverywhere } = await import('../../examples/helpers/machine.js');
const { VarveLevel } = await import('../../examples/level/level.js');
const { SortedMap } = await import('../../examples/level/sorted-map.js');

const HOOK = new URL('../examples/use-this-build.js', import.meta.url).href;
const SMALL = { segmentSize: 8192, size: '128KiB', maxSize: '128KiB' };

/** Everything in it, as text. */
async function contents(db: Level): Promise<string> {
  return JSON.stringify(await db.iterator().all());
}

function sorted(pairs: Iterable<[string, string]>): string {
  return JSON.stringify([...pairs].sort(([one], [other]) => (one < other ? -1 : 1)));
}

test('what was written is there after reopening, however often all of it was written anew', async (t) => {
  const path = join(temporaryDirectory(t), 'level.varve');
  const random = seededRandom(5);
  const model = new Map<string, string>();
  for (let life = 0; life < 4; life += 1) {
    const db = new VarveLevel(path, SMALL);
    assert.equal(await contents(db), sorted(model));
    for (let step = 0; step < 300; step += 1) {
      const batch = db.batch();
      for (let count = random(4); count >= 0; count -= 1) {
        const [key, value] = [`key ${random(60)}`, 'x'.repeat(random(300))];
        if (random(3) === 0) model.delete(key);
        else model.set(key, value);
        if (model.has(key)) batch.put(key, value);
        else batch.del(key);
      }
      await batch.write({ sync: random(2) === 0 } as object);
    }
    await db.close();
  }
  const report = await Stream.check(path);
  assert.ok(report.ok);
});

test('power that is cut at any step takes nothing that was acknowledged, and half of nothing', async () => {
  // Some keys are written again and again, some once: those are moved.
  const batches = Array.from({ length: 24 }, (_, index) => [
    {
      type: 'put' as const,
      key: index % 6 ? `key ${index % 5}` : `cold ${index}`,
      value: `${index}`.repeat(100),
    },
    index % 3 === 0
      ? { type: 'del' as const, key: `key ${(index * 3) % 5}` }
      : { type: 'put' as const, key: 'common', value: `${index}` },
  ]);
  const after = (count: number) => {
    const model = new Map<string, string>();
    for (const change of batches.slice(0, count).flat()) {
      if (change.type === 'put') model.set(change.key, change.value);
      else model.delete(change.key);
    }
    return sorted(model);
  };
  const isSynced = (index: number) => index % 4 === 0;
  const durableOf = (acknowledged: number) => {
    for (let count = acknowledged; count > 0; count -= 1) if (isSynced(count - 1)) return count;
    return 0;
  };
  const work = async (machine: Machine, acknowledge: () => void) => {
    const db = new VarveLevel(machine.medium, { segmentSize: 1024 });
    for (const [index, batch] of batches.entries()) {
      await db.batch(batch, { sync: isSynced(index) } as object);
      acknowledge();
    }
    await db.close();
  };
  const judge = async (machine: Machine, acknowledged: number) => {
    const db = new VarveLevel(machine.medium, { segmentSize: 1024 });
    const found = await contents(db);
    const allowed = new Set<string>();
    for (let count = durableOf(acknowledged); count <= acknowledged + 1; count += 1)
      allowed.add(after(count));
    assert.ok(allowed.has(found), `after ${acknowledged}: ${found}`);
    await db.put('common', 'and it goes on');
    await db.close();
  };
  await cutPowerEverywhere(work, judge);
});

test('a snapshot shows what it showed, and holds its room until it is closed', async () => {
  const db = new VarveLevel(new MemoryMedium('128KiB'), { segmentSize: 8192 });
  await db.batch(Array.from({ length: 20 }, (_, index) => ({ type: 'put', key: `${index}`, value: 'old' })));
  const snapshot = db.snapshot();
  const iterator = db.iterator();
  const fill = async () => {
    for (let step = 0; step < 200; step += 1) await db.put(`${step % 20}`, 'new'.repeat(300));
  };
  await assert.rejects(fill, { code: 'VARVE_FULL' });
  assert.deepEqual(new Set(await db.getMany(['0', '5', '19'], { snapshot })), new Set(['old']));
  assert.equal((await iterator.all()).filter(([, value]) => value === 'old').length, 20);
  await assert.rejects(fill, { code: 'VARVE_FULL' });
  await snapshot.close();
  await fill();
  assert.equal(await db.get('7'), 'new'.repeat(300));
  await db.close();
});

test('when it is full it says so, keeps everything, and goes on once something was deleted', async () => {
  const medium = new MemoryMedium('128KiB');
  let db = new VarveLevel(medium, { segmentSize: 8192 });
  let count = 0;
  const fill = async () => {
    for (;;) {
      await db.put(`key ${count}`, 'x'.repeat(500));
      count += 1;
    }
  };
  await assert.rejects(fill, (error) => error instanceof VarveError && error.code === 'VARVE_FULL');
  assert.ok(count > 100, `${count} of 500 bytes went in`);
  await db.close();
  db = new VarveLevel(medium, { segmentSize: 8192 });
  assert.equal((await db.keys().all()).length, count);
  for (let index = 0; index < count; index += 2) await db.del(`key ${index}`);
  for (let index = 0; index < count / 4; index += 1) await db.put(`again ${index}`, 'x'.repeat(500));
  const left = await db.iterator({ gte: 'key' }).all();
  assert.equal(left.length, Math.floor(count / 2));
  assert.ok(left.every(([, value]) => value === 'x'.repeat(500)));
  await db.close();
});

test('sync: false does not wait for the medium; what is closed is durable', async (t) => {
  const path = join(temporaryDirectory(t), 'level.varve');
  const db = new VarveLevel(path, SMALL);
  await Promise.all(
    Array.from({ length: 50 }, (_, index) => db.put(`${index}`, `${index}`, { sync: false } as object)),
  );
  assert.equal(await db.get('49'), '49');
  await db.close();
  const again = new VarveLevel(path, SMALL);
  assert.equal((await again.keys().all()).length, 50);
  await again.close();
});

test('a process that is killed loses nothing that it has acknowledged', async (t) => {
  const path = join(temporaryDirectory(t), 'level.varve');
  const program = fileURLToPath(new URL('writer.js', import.meta.url));
  let acknowledged = 0;
  for (let life = 0; life < 3; life += 1) {
    const args = ['--import', HOOK, program, path, `${acknowledged + 1}`];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const end = acknowledged + 300 + life;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      if (acknowledged >= end) child.kill('SIGKILL');
    }
    const db = new VarveLevel(path, SMALL);
    const last = await db.get('last');
    const number = Number.parseInt(last ?? '', 10);
    assert.ok(number >= acknowledged, `${acknowledged} was acknowledged, ${number} is there`);
    assert.equal(await db.get(`key ${number % 50}`), last);
    assert.equal((await db.keys().all()).length, 51);
    await db.close();
    acknowledged = number;
  }
});

test('the sorted map and its views agree with a model', () => {
  const random = seededRandom(1);
  const map = new SortedMap<{ key: Buffer; value: number }>();
  const model = new Map<string, number>();
  const views: [SortedView<{ key: Buffer; value: number }>, [string, number][]][] = [];
  for (let step = 0; step < 6000; step += 1) {
    const text = `${random(3000)}`;
    const key = Buffer.from(text);
    if (random(step < 3000 ? 5 : 2) === 0) {
      assert.equal(map.delete(key)?.value, model.get(text));
      model.delete(text);
    } else {
      assert.equal(map.set({ key, value: step })?.value, model.get(text));
      model.set(text, step);
    }
    if (step % 1000 === 500) views.push([map.view(), [...model]]);
  }
  views.push([map, [...model]]);
  for (const [view, pairs] of views) {
    const expected = pairs.sort(([one], [other]) => (one < other ? -1 : 1));
    const seen: [string, number][] = [];
    for (let place = view.placeOf(Buffer.alloc(0), true); place < view.end; place = view.next(place)) {
      const item = view.at(place);
      if (item !== undefined) seen.push([String(item.key), item.value]);
    }
    assert.deepEqual(seen, expected);
    assert.equal(view.at(view.previous(view.end))?.value, expected.at(-1)?.[1]);
  }
});
