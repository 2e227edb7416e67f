import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import type { Member } from '../subjects/cast.js';
import type { Job } from '../subjects/jobs.js';
import { HYPERCORE, LEVEL, LMDB, SQLITE } from '../subjects/peers.js';
import { SubjectProcess } from '../subjects/subject-process.js';
import type { Round } from './calm.js';
import type { Side } from './contest.js';
import { strideOf } from './floors.js';
import type { Bench, Group } from './groups.js';

const MIB = 2 ** 20;
const SIZE = 64;
/** Appended since the last mark before a crash; at 16 MiB there is a mark by itself. */
const SINCE_MARK = { full: 14 * MIB, quick: 4 * MIB };
/** Rounds that crash, warming up included: each takes as much of the region, or needs a rest. */
const CRASHES = 5;
const CLOSES = 60;
/** Milliseconds after which a stream that rests is marked. */
const RESTED = 1500;

/** Logs of a million and of ten million entries, on pmem and on a disk. */
export const openings: readonly Group[] = [1_000_000, 10_000_000].flatMap((entries) => [
  groupOf('pmem', entries),
  groupOf('disk', entries),
]);

function groupOf(kind: 'pmem' | 'disk', entries: number): Group {
  return {
    name: `${kind}-${entries / 1e6}m`,
    title: `{place}: ${entries / 1e6} M entries of ${SIZE} B`,
    place: kind === 'pmem' ? 'in-memory' : 'disk',
    needsAddon: true,
    run: (bench) => measure(bench, kind, bench.quick ? entries / 20 : entries, entries === 1_000_000),
  };
}

async function measure(
  bench: Bench,
  kind: 'pmem' | 'disk',
  entries: number,
  withPeers: boolean,
): Promise<void> {
  if (bench.quick) bench.remark(`In a hurry: ${entries} entries only.`);
  const since = bench.quick ? SINCE_MARK.quick : SINCE_MARK.full;
  const size = entries * strideOf(SIZE) + (CRASHES + 1) * since + MIB;
  const ours = (kind === 'pmem' ? ['pmem'] : ['page-cache', 'file']).map(
    (name): Member => ({ name, role: 'varve', subject: 'varve', setting: `${name} ${size}` }),
  );
  const peers = kind === 'pmem' || !withPeers ? [] : [LMDB, SQLITE, LEVEL, HYPERCORE];
  const logs: Log[] = [];
  for (const member of [...ours, ...peers]) logs.push(...(await Log.fill(bench, member, entries)));
  const own = logs.filter(({ member }) => member.role === 'varve');
  if (own.length === 0) return;
  const contest = (
    key: string,
    name: string,
    rounds: number,
    of: readonly Log[],
    run: (log: Log) => Promise<Round>,
  ) => {
    const sides = of.map((log) => log.side(() => run(log)));
    return bench.measure({ key, name, entries: 1, unit: 'ms', sides, turnsMax: rounds });
  };
  await contest('clean', 'after a clean close, in a new process', CLOSES, logs, (log) => log.afterClose());
  await contest('clean-again', 'the same, in the process that closed it', CLOSES, logs, (log) => log.again());
  await contest('mark', 'after a crash directly after a mark', CRASHES, own, (log) => log.afterRest());
  await contest('crash', `after a crash, ${since / MIB} MiB after a mark`, CRASHES, logs, (log) =>
    log.afterCrash(Math.floor(since / strideOf(SIZE))),
  );
  for (const log of logs) await log.end();
}

/** A log in a process that comes and goes. */
class Log {
  readonly member: Member;
  readonly #directory: string;
  #process: SubjectProcess;

  private constructor(member: Member, directory: string, process: SubjectProcess) {
    this.member = member;
    this.#directory = directory;
    this.#process = process;
  }

  /** A log with so many entries; none where the library cannot be had, which is said. */
  static async fill(bench: Bench, member: Member, entries: number): Promise<Log[]> {
    const directory = join(bench.directory, member.name);
    try {
      const process = await start(member, directory);
      await process.time({ what: 'fill', size: SIZE, count: entries });
      return [new Log(member, directory, process)];
    } catch (error) {
      bench.leaveOut(`${member.name}: ${error instanceof Error ? error.message : error}`);
      return [];
    }
  }

  side(run: () => Promise<Round>): Side {
    const { name, role } = this.member;
    return { name, role, run };
  }

  async afterClose(): Promise<Round> {
    await this.#process.close();
    return this.#open();
  }

  async afterRest(): Promise<Round> {
    await pass(RESTED);
    await this.#process.kill();
    return this.#open();
  }

  again(): Promise<Round> {
    return this.#process.time({ what: 'reopen' });
  }

  async afterCrash(entries: number): Promise<Round> {
    await this.#process.time(this.#appends(entries));
    await this.#process.kill();
    return this.#open();
  }

  async end(): Promise<void> {
    await this.#process.close();
  }

  /** The others have no mark so far apart. */
  #appends(count: number): Job {
    if (this.member.role === 'varve') return { what: 'buffered', size: SIZE, count };
    if (this.member === HYPERCORE) return { what: 'buffered', size: SIZE, count: 10_240 };
    return { what: 'many', size: SIZE, inFlight: 256, groups: 40 };
  }

  async #open(): Promise<Round> {
    this.#process = await start(this.member, this.#directory);
    return this.#process.opened;
  }
}

function start({ subject, setting }: Member, directory: string): Promise<SubjectProcess> {
  return SubjectProcess.start({ subject, setting, directory });
}
