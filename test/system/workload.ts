import assert from 'node:assert/strict';
import type { Entry, Region, Stream } from '../../src/index.js';
import type { KindName } from '../helpers/media.js';
import type { Account } from './account.js';
import type { Diary } from './diary.js';

/** Bytes of the stream that `work` makes. */
const STREAM_SIZE = 160 * 1024;

/** A medium with a file behind it. */
export type FileKind = Exclude<KindName, 'memory'>;

/** What a workload turns to. */
export interface Bench {
  readonly path: string;
  readonly medium: FileKind;
  readonly diary: Diary;
  readonly account: Account;
  /** Called when the file is as a crash would leave it; returns where a copy of it lies, and what was promised of it. */
  readonly crash: () => { readonly path: string; readonly account: Account };
}

/** Does everything that a stream can be asked for, in the same order every time, through five openings. */
export async function work(bench: Bench): Promise<void> {
  const { path, medium, diary } = bench;
  const first = await diary.open('create', path, { size: STREAM_SIZE, medium });
  if (first === undefined) return;
  await appendAll(bench, first);
  await changeAll(bench, first);
  const crashed = bench.crash();
  await diary.step('close', () => first.close());
  await goOn(bench, 'open', {});
  await goOn({ ...bench, ...crashed }, 'recover', {});
  await goOn(bench, 'read-only', { readOnly: true });
}

/** Every way to append. */
async function appendAll({ diary, account }: Bench, stream: Stream): Promise<void> {
  account.allocating('a');
  const region = await diary.step('allocate', () => stream.allocate('48KiB', { name: 'a' }));
  if (region === undefined) return;
  account.allocated('a');
  const append = appender({ diary, account }, region);
  await append('appendSync', 40, (bytes) => region.appendSync(bytes));
  const group = [10, 900, 9000].map((size) => append('append', size, (bytes) => region.append(bytes)));
  await Promise.all(group);
  await append('appendvSync', 300, (bytes) => region.appendvSync([bytes.subarray(0, 7), bytes.subarray(7)]));
  await append('appendv', 300, (bytes) => region.appendv([bytes.subarray(0, 7), bytes.subarray(7)]));
  await append('publishSync', 50, (bytes) => filled(region, bytes, 100).publishSync(bytes.length));
  await append('publish', 50, (bytes) => filled(region, bytes, 50).publish());
  await diary.step('cancel', () => region.reserve(60).cancel());
  await append('large appendSync', 12_000, (bytes) => region.appendSync(bytes));
  await append('committed, persistSync', 70, (bytes) => {
    const entry = region.appendSync(bytes, { until: 'committed' });
    stream.persistSync();
    return entry;
  });
  await append('committed, whenPersisted', 70, async (bytes) => {
    const entry = await region.append(bytes, { until: 'committed' });
    await stream.whenPersisted(entry.timestamp);
    return entry;
  });
  await diary.step('read', () => account.verify(stream));
  await diary.step('check', async () => assert.deepEqual((await stream.check()).problems, []));
}

/** Every way to change the structure. */
async function changeAll({ diary, account }: Bench, stream: Stream): Promise<void> {
  account.allocating('b');
  const region = await diary.step('allocateSync', () => stream.allocateSync('8KiB', { name: 'b' }));
  if (region === undefined) return;
  account.allocated('b');
  const append = appender({ diary, account }, region);
  for (const [name, clear] of [
    ['clear', () => region.clear()],
    ['clearSync', () => region.clearSync()],
  ] as const) {
    await append(`append before ${name}`, 200, (bytes) => region.append(bytes));
    account.clearing('b');
    await diary.step(name, async () => {
      await clear();
      account.cleared('b');
    });
    await append(`append after ${name}`, 100, (bytes) => region.appendSync(bytes));
  }
  for (const [name, free] of [
    ['free', (gone: Region) => gone.free()],
    ['freeSync', (gone: Region) => gone.freeSync()],
  ] as const) {
    await diary.step(`allocate and ${name}`, async () => {
      account.allocating(name);
      const gone = await stream.allocate('12KiB', { name });
      account.allocated(name);
      gone.appendSync(account.trying(name, 500));
      account.freeing(name);
      await free(gone);
      account.freed(name);
    });
  }
}

/** Opens what is there, reads all of it, appends, and closes. */
async function goOn({ path, medium, diary, account }: Bench, step: string, options: object): Promise<void> {
  const stream = await diary.open(step, path, { medium, mode: 'open', ...options });
  if (stream === undefined) return;
  await diary.step(`${step}: read`, () => account.verify(stream));
  await diary.step(`${step}: read backwards`, () => {
    const seen = [...(stream.region('a')?.entries({ reverse: true }) ?? [])].map((entry) => entry.timestamp);
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => b - a),
    );
  });
  // A reader looks at the table for it, which may fail; that was tried above.
  const region = stream.readOnly ? undefined : stream.region('a');
  if (region !== undefined) {
    const append = appender({ diary, account }, region);
    await append(`${step}: appendSync`, 100, (bytes) => region.appendSync(bytes));
    await append(`${step}: append`, 100, (bytes) => region.append(bytes));
    await diary.step(`${step}: reserve`, () => void region.reserve(10));
  }
  await diary.step(`${step}: close`, () => stream.closeSync());
}

/** Appends through a diary: what came back without an error was promised. */
function appender({ diary, account }: Pick<Bench, 'diary' | 'account'>, region: Region) {
  const name = region.name ?? '';
  return async (
    step: string,
    size: number,
    append: (bytes: Uint8Array) => Entry | Promise<Entry>,
  ): Promise<void> => {
    const bytes = account.trying(name, size);
    await diary.step(step, async () => account.promised(name, (await append(bytes)).timestamp, bytes));
  };
}

function filled(region: Region, bytes: Uint8Array, size: number) {
  const slot = region.reserve(size);
  slot.data.set(bytes);
  return slot;
}
