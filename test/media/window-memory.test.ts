import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Entry, Stream } from '../../src/index.js';
import { problemOf } from '../helpers/media.js';
import { directoryForFile } from './workplace.js';

const directory = directoryForFile();
const SIZE = 60_000;
const COUNT = 100;

const payload = (i: number) => new Uint8Array(SIZE + (i % 9)).fill(i + 1);

function assertIs(bytes: Uint8Array, i: number): void {
  assert.equal(Buffer.compare(bytes, payload(i)), 0, `entry ${i}`);
}

/** Appends far more than windows in memory hold, each entry persisted before the next; `look` is called after each. */
async function appended(kind: 'file' | 'page-cache', name: string, look: (entry: Entry, i: number) => void) {
  const stream = await Stream.open(join(directory, `${name}-${kind}`), { size: '16MiB', medium: kind });
  const region = await stream.allocate('12MiB');
  const entries: Entry[] = [];
  for (let i = 0; i < COUNT; i++) {
    const entry = await region.append(payload(i));
    look(entry, i);
    entries.push(entry);
  }
  return { stream, region, entries };
}

for (const kind of ['file', 'page-cache'] as const) {
  const skip = problemOf(kind) ?? false;

  test(`entries that nobody looked at show what was appended, whatever came later (${kind})`, {
    skip,
  }, async () => {
    const { stream, entries } = await appended(kind, 'later', () => {});
    for (const [i, entry] of entries.entries()) assertIs(entry.data, i);
    await stream.close();
  });

  test(`views of entries stay what they are, whatever comes later (${kind})`, { skip }, async () => {
    const views: Uint8Array[] = [];
    const { stream } = await appended(kind, 'views', ({ data }) => views.push(data));
    for (const [i, view] of views.entries()) assertIs(view, i);
    await stream.close();
  });

  test(`what a reader holds stays what it is, whatever comes later (${kind})`, { skip }, async () => {
    const read: Entry[] = [];
    const { stream } = await appended(kind, 'read', ({ region, timestamp }) => {
      read.push(region.get(timestamp) as Entry);
    });
    for (const [i, entry] of read.entries()) assertIs(entry.data, i);
    await stream.close();
  });

  test(`a slot's bytes are nobody else's after it was published (${kind})`, { skip }, async () => {
    const stream = await Stream.open(join(directory, `slot-${kind}`), { size: '16MiB', medium: kind });
    const region = await stream.allocate('12MiB');
    const views: Uint8Array[] = [];
    for (let i = 0; i < COUNT / 2; i++) {
      const slot = region.reserve(SIZE);
      views.push(slot.data.fill(i + 1));
      slot.publishSync();
      region.appendSync(payload(i));
    }
    for (const [i, view] of views.entries())
      assert.ok(
        view.every((byte) => byte === i + 1),
        `slot ${i}`,
      );
    await stream.close();
  });
}
