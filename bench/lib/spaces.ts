import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Member } from '../subjects/cast.js';
import { type Job, MEMORY } from '../subjects/jobs.js';
import { BY_HAND, HYPERCORE, LEVEL, LMDB, SQLITE } from '../subjects/peers.js';
import { SubjectProcess } from '../subjects/subject-process.js';
import { strideOf } from './floors.js';
import type { Bench, Group } from './groups.js';
import type { Other, Unit } from './record.js';
import { exactly } from './stats.js';

const MIB = 2 ** 20;

/** What a log takes of the disk, and of memory when it is read. */
export const spaces: readonly Group[] = [
  { name: 'disk', title: '{place}: bytes for an entry', place: 'disk', needsAddon: false, run: onDisk },
  { name: 'memory', title: '{place}: reading 1 GiB', place: 'disk', needsAddon: true, run: inMemory },
];

async function onDisk(bench: Bench): Promise<void> {
  const entries = bench.quick ? 20_000 : 200_000;
  for (const size of [8, 64, 1024]) {
    const bytes: (readonly [Member, number])[] = [];
    for (const member of [ours('file', entries, size), BY_HAND, LMDB, SQLITE, LEVEL, HYPERCORE]) {
      const directory = join(bench.directory, `${member.name}-${size}`);
      const done = await withLog(bench, member, directory, [{ what: 'fill', size, count: entries }]);
      if (done !== undefined) bytes.push([member, blocksOf(directory) / entries]);
    }
    rows(bench, `${size}`, `${size} B`, 'bytes for an entry', 'B', bytes);
  }
}

async function inMemory(bench: Bench): Promise<void> {
  const size = 1024;
  const entries = ((bench.quick ? 64 : 1024) * MIB) / size;
  const found: (readonly [Member, readonly number[]])[] = [];
  const members = [ours('page-cache', entries, size), ours('file', entries, size), LMDB, SQLITE, LEVEL];
  for (const member of members) {
    const directory = join(bench.directory, member.name);
    const filled = await withLog(bench, member, directory, [{ what: 'fill', size, count: entries }]);
    if (filled === undefined) continue;
    // A process that has not written.
    const jobs: readonly Job[] = [{ what: 'scan', reverse: false, entries }, { what: 'memory' }];
    const [, memory] = (await withLog(bench, member, directory, jobs)) ?? [];
    if (memory !== undefined) found.push([member, memory]);
    rmSync(directory, { recursive: true, force: true });
  }
  for (const [index, kind] of MEMORY.entries()) {
    const values = found.map(([member, memory]) => [member, (memory[index] ?? Number.NaN) / MIB] as const);
    rows(bench, `${index}`, kind, `memory after reading ${(entries * size) / MIB} MiB`, 'MiB', values);
  }
}

function ours(medium: string, entries: number, size: number): Member {
  const bytes = entries * strideOf(size) + 64 * 1024;
  return { name: medium, role: 'varve', subject: 'varve', setting: `${medium} ${bytes}` };
}

/** Does jobs by a log that is closed then; undefined where there is none, which is said. */
async function withLog(
  bench: Bench,
  { name, subject, setting }: Member,
  directory: string,
  jobs: readonly Job[],
): Promise<readonly (readonly number[])[] | undefined> {
  try {
    const process = await SubjectProcess.start({ subject, setting, directory });
    const answers: (readonly number[])[] = [];
    for (const job of jobs) answers.push(await process.times(job));
    await process.close();
    return answers;
  } catch (error) {
    bench.leaveOut(`${name}: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** One row for each of varve's members. */
function rows(
  bench: Bench,
  key: string,
  row: string,
  table: string,
  unit: Unit,
  values: readonly (readonly [Member, number])[],
): void {
  for (const [{ name, role }, value] of values) {
    if (role !== 'varve') continue;
    const others = values.flatMap(([other, theirs]): Other[] => {
      if (other.role === 'varve') return [];
      return [{ name: other.name, role: other.role, value: exactly(theirs), ratio: exactly(value / theirs) }];
    });
    bench.row({
      key: `${key}/${name}`,
      table,
      row: `${row}, ${name}`,
      unit,
      value: exactly(value),
      others,
      rounds: 1,
    });
  }
}

/** Bytes of all blocks of the files in a directory. */
function blocksOf(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(directory, name)))
    .filter((stat) => stat.isFile())
    .reduce((total, { blocks }) => total + blocks * 512, 0);
}
