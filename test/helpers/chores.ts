/**
 * What a test wants to see happen in a process of its own: `chores.js <chore> <path> <medium>`.
 */
import { truncateSync, writeSync } from 'node:fs';
import { type Region, Stream, type StreamOptions, VarveError } from '../../src/index.js';

const [chore = '', path = '', medium = 'file'] = process.argv.slice(2);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function openNew(): [Stream, Region] {
  const stream = Stream.openSync(path, {
    size: '1MiB',
    medium: medium as NonNullable<StreamOptions['medium']>,
  });
  return [stream, stream.allocateSync('256KiB', { name: 'chores' })];
}

/** Appends, closes nothing, waits for nothing: the process must come to its end all the same. */
function leaveOpen(): void {
  const [, region] = openNew();
  for (let index = 0; index < 100; index += 1) region.appendSync(`left ${index}`, { until: 'committed' });
  say('left');
}

/** Only looks at `persisted` now and then; says when the background has got there. */
function persistInBackground(): void {
  const [stream, region] = openNew();
  for (let index = 0; index < 100; index += 1)
    region.appendSync(`background ${index}`, { until: 'committed' });
  const timer = setInterval(() => {
    if (stream.persisted < 100) return;
    clearInterval(timer);
    say('persisted');
    setInterval(() => {}, 1000);
  }, 5);
}

/** Nothing but promises of varve keeps this one alive: they must be kept. */
async function awaitAppends(): Promise<void> {
  const [stream, region] = openNew();
  for (let index = 0; index < 20; index += 1) await region.append(`awaited ${index}`);
  await region.append('committed', { until: 'committed' });
  await stream.whenPersisted(stream.committed);
  await stream.persist();
  say('all persisted');
}

/** Appends 100 entries to the region 'long' of a stream that is there, then waits to be killed. */
function appendALittle(): void {
  const stream = Stream.openSync(path, { medium: medium as NonNullable<StreamOptions['medium']> });
  for (let index = 0; index < 100; index += 1) stream.region('long')?.appendSync(`${index}`);
  say('appended');
  setInterval(() => {}, 1000);
}

/** The file loses its end under an open stream: an error must come of it, not a dead process. */
async function truncated(): Promise<void> {
  const [stream, region] = openNew();
  const entries = Array.from({ length: 100 }, (_, index) => region.appendSync(`${index}`.repeat(500)));
  truncateSync(path, 16384);
  const outcomes = new Set<string>();
  const attempt = async (action: () => unknown): Promise<void> => {
    try {
      await action();
      outcomes.add('fine');
    } catch (error) {
      outcomes.add(error instanceof VarveError ? error.code : String(error));
    }
  };
  for (const entry of entries) await attempt(() => entry.data.reduce((sum, byte) => sum + byte, 0));
  await attempt(() => [...region].map((entry) => entry.text()));
  const attempts = [() => region.appendSync('after'), () => region.append('after'), () => stream.persist()];
  for (const action of attempts) await attempt(action);
  say(`alive ${[...outcomes].sort().join(' ')}`);
  try {
    const acknowledged = region.appendSync('acknowledged?');
    say(`acknowledged ${acknowledged.timestamp}`);
  } catch {
    say('refused');
  }
}

const chores: Record<string, () => void | Promise<void>> = {
  'leave-open': leaveOpen,
  'persist-in-background': persistInBackground,
  'await-appends': awaitAppends,
  'append-a-little': appendALittle,
  truncated,
};
await chores[chore]?.();
