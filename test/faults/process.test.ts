import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { texts } from '../helpers/bytes.js';
import { memoryStream, onEveryFile, onEveryMedium } from '../helpers/media.js';

onEveryFile('a child process holds no lock and no descriptor', async (t, place) => {
  const stream = await place.open();
  (await stream.allocate(4096)).appendSync('kept');
  const child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(async () => {
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  });
  await once(child.stdout, 'data');
  await stream.close();
  const again = await place.open();
  assert.deepEqual(texts(again.entries()), ['kept']);
  const descriptors = openFilesOf(child.pid ?? 0);
  if (descriptors === undefined) t.diagnostic('this system does not tell which files a process holds');
  else assert.ok(!descriptors.includes(place.path));
});

function openFilesOf(pid: number): string[] | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    return undefined;
  }
}

/** What a descriptor stands for; the one that listed the directory is gone by now. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

onEveryFile('descriptors are given back by closing, and by an opening that fails', async (t, place) => {
  const count = (): number | undefined =>
    openFilesOf(process.pid)?.filter((file) => file.startsWith(place.path)).length;
  if (count() === undefined) return t.skip('this system does not tell which files a process holds');
  for (let round = 0; round < 20; round += 1) {
    const stream = await place.open();
    await assert.rejects(place.open());
    await stream.close();
    await assert.rejects(place.open({ blockSize: 64 }));
    const reader = await place.open({ readOnly: true });
    await reader.close();
  }
  assert.equal(count(), 0);
});

/** A full collection of garbage, whatever flags the process was started with. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

onEveryMedium(
  'garbage collection with views alive, and of streams, regions and entries',
  async (_t, place) => {
    const views: Uint8Array[] = [];
    for (let round = 0; round < 10; round += 1) {
      const stream = await place.open();
      const region = stream.region('r') ?? (await stream.allocate('64KiB', { name: 'r' }));
      for (let index = 0; index < 20; index += 1) views.push(region.appendSync(`${round} ${index}`).data);
      collectGarbage();
      assert.equal(Buffer.from(views.at(-1) ?? []).toString(), `${round} 19`);
      await stream.close();
      collectGarbage();
      for (const view of views) for (let at = 0; at < view.length; at += 1) assert.ok((view[at] ?? 0) >= 0);
    }
    views.length = 0;
    collectGarbage();
    assert.equal(texts((await place.open()).entries()).length, 200);
  },
);

test('nobody who only opened and closed is warned of anything', async (t) => {
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listen);
  t.after(() => process.off('warning', listen));
  const stream = memoryStream(t);
  const region = stream.allocateSync('64KiB');
  const waits = Array.from({ length: 200 }, (_, index) => stream.whenPersisted(index + 1));
  for (let index = 0; index < 200; index += 1) region.appendSync('x', { until: 'committed' });
  await Promise.all(waits);
  await stream.close();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
});
