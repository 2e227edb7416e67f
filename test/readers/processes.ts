import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Stream } from '../../src/index.js';
import { seededRandom } from '../../src/testing/random.js';
import type { KindName } from '../helpers/media.js';
import type { KnownEntry, Report, Told } from './live-told.js';
import { originOf } from './payload.js';

const SIZE = '1MiB';
/** How long readers have for the end of a run, when the last writer has closed. Milliseconds. */
const PATIENCE = 20_000;

type FileKind = Exclude<KindName, 'memory'>;

/** A run: a writer after the other, killed or closed, and readers of all kinds beside them. */
export interface RunRequest {
  readonly directory: string;
  readonly kind: FileKind;
  readonly seed: number;
  /** Milliseconds. */
  readonly lasts: number;
}

/** What the writers have told. */
class Notes {
  readonly entries = new Map<number, KnownEntry>();
  readonly lives: Record<number, number> = {};
  ready = false;

  take(told: Told): void {
    if (told.what === 'ready') this.ready = true;
    else if (told.what === 'life') this.lives[told.region] = told.life;
    else if (told.what === 'freed') delete this.lives[told.region];
    else {
      const { region, life, sequence, timestamp } = told;
      this.entries.set(sequence, { region, life, sequence, timestamp });
    }
  }
}

function start(program: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const file = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
  return spawn(process.execPath, ['--enable-source-maps', file, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
}

/** Runs a writer until it ends by itself, or `after` milliseconds after it was ready, when it is killed or asked to close. */
async function write(
  notes: Notes,
  args: readonly string[],
  after: number | undefined,
  kill: boolean,
): Promise<void> {
  notes.ready = false;
  const writer = start('live-writer', args);
  let rest = '';
  const ended = once(writer, 'close');
  writer.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) notes.take(JSON.parse(line) as Told);
  });
  if (after !== undefined) {
    while (!notes.ready && writer.exitCode === null) await sleep(2);
    await sleep(after);
    if (kill) writer.kill('SIGKILL');
    else writer.stdin?.end();
  }
  const [code, signal] = (await ended) as [number | null, string | null];
  assert.ok(code === 0 || (kill && signal === 'SIGKILL'), `the writer ended with ${code ?? signal}`);
}

/** The readers of a run: of the writer's own kind and by positioned reads, with and without the addon. */
function readersOf({ directory, kind, seed }: RunRequest, path: string) {
  const ways = [
    { medium: kind, env: {} },
    { medium: 'file', env: {} },
    { medium: 'file', env: { VARVE_NO_ADDON: '1' } },
  ];
  return ways.map(({ medium, env }, i) => {
    const file = join(directory, `report-${i}`);
    const child = start('live-reader', [path, medium, String(seed + i), file], env as Record<string, string>);
    return { child, file, name: `reader ${i} (${medium})`, ended: once(child, 'close') };
  });
}

/** Plays a run, and judges what the readers saw. Returns how often what happened. */
export async function followLive(request: RunRequest): Promise<Record<string, number>> {
  const { directory, kind, seed, lasts } = request;
  const path = join(directory, 'followed.varve');
  await (await Stream.open(path, { size: SIZE, medium: kind, mode: 'create' })).close();
  const random = seededRandom(seed);
  const notes = new Notes();
  const readers = readersOf(request, path);
  const tally = { kills: 0, closes: 0, entries: 0, looks: 0 };
  try {
    const until = Date.now() + lasts;
    let run = 0;
    const next = (end: boolean) => [
      path,
      kind,
      String(seed * 100 + run++),
      JSON.stringify(notes.lives),
      end ? 'end' : '',
    ];
    while (Date.now() < until) {
      const kill = random(3) !== 0;
      await write(notes, next(false), 50 + random(350), kill);
      tally[kill ? 'kills' : 'closes']++;
    }
    await write(notes, next(true), undefined, false);
    for (const { name, ended } of readers) {
      const outcome = await Promise.race([ended, sleep(PATIENCE, 'late', { ref: false })]);
      assert.deepEqual(outcome, [0, null], `${name} ended with ${outcome}`);
    }
  } finally {
    for (const { child } of readers) child.kill('SIGKILL');
  }
  const there = await contentOf(path, kind);
  for (const { file, name } of readers) {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    judge(report, name, notes, there);
    tally['entries'] += report.tail.length;
    for (const count of Object.values(report.looks)) tally['looks'] += count;
  }
  return tally;
}

/** What is left in the end: nothing of it may have been passed over. */
async function contentOf(path: string, kind: FileKind): Promise<KnownEntry[]> {
  const stream = await Stream.open(path, { medium: kind, readOnly: true });
  const entries = Array.from(stream.entries(), (entry) => ({
    ...originOf(entry.copy(), 'the end'),
    timestamp: entry.timestamp,
  }));
  await stream.close();
  return entries;
}

function judge({ tail, gone }: Report, name: string, notes: Notes, there: readonly KnownEntry[]): void {
  for (const entry of tail) {
    assert.deepEqual(
      entry,
      notes.entries.get(entry.sequence),
      `${name} was given an entry that no writer knows`,
    );
  }
  const seen = new Set([...tail.map(({ timestamp }) => timestamp), ...gone]);
  for (const { timestamp, region } of there) {
    assert.ok(seen.has(timestamp), `${name} has passed over ${timestamp} of region ${region}`);
  }
}
