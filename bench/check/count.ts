import { availableParallelism } from 'node:os';
import { addonProblem } from '../../src/base/native-loader.js';
import type { Counted, Counts } from './counts.js';
import { borderOf, type Exact, heapOf, timesOf } from './exact.js';
import { GROUPS } from './groups.js';
import { compileMarks, instructionsOf } from './instructions.js';
import { straceProblem, syscallsOf } from './syscalls.js';
import { type Kind, WORKS } from './works.js';

/** Everything that was counted. */
export interface All {
  readonly works: Counted;
  /** What else was seen. */
  readonly remarks: readonly string[];
  /** Names of the counts that cannot be made here. */
  readonly left: ReadonlySet<string>;
}

/** One thing to be counted of one work. */
interface Job {
  readonly work: string;
  count(): Promise<Exact>;
}

/**
 * Counts all works whose names have one of `asked` in them; all, if there is none.
 *
 * @param say called with what cannot be counted, and why
 */
export async function countAll(asked: readonly string[], say: (text: string) => void): Promise<All> {
  const left = new Set<string>();
  const leave = (what: string, why: string, names: readonly string[]) => {
    say(`${what} are left out: ${why}`);
    for (const name of names) left.add(name);
  };
  const wanted = (name: string) => asked.length === 0 || asked.some((part) => name.includes(part));
  const works = Object.keys(WORKS).filter((name) => wanted(name) && runs(WORKS[name]?.kind));
  const groups = Object.keys(GROUPS).filter((name) => wanted(name) && runs(GROUPS[name]?.kind));
  if (addonProblem() !== undefined) say(`pmem and page-cache are left out: ${addonProblem()}`);
  const jobs: Job[] = [
    ...instructionJobs(works, leave),
    ...works.map((work) => ({ work, count: () => heapOf(work) })),
    ...works.map((work) => ({ work, count: () => borderOf(work) })),
    ...syscallJobs(groups, leave),
  ];
  const done = await runAll(jobs, Math.min(4, availableParallelism()));
  // Alone: what runs beside them makes them slower.
  const timed = works
    .filter((work) => WORKS[work]?.timed !== undefined)
    .map((work) => ({ work, count: () => timesOf(work) }));
  return summed([...done, ...(await runAll(timed, 1))], left);
}

type Leave = (what: string, why: string, names: readonly string[]) => void;

function instructionJobs(works: readonly string[], leave: Leave): readonly Job[] {
  const marks = compileMarks();
  if ('problem' in marks) {
    leave('instructions', marks.problem, ['instructions']);
    return [];
  }
  return works.map((work) => ({
    work,
    count: async () => ({ counts: { instructions: await instructionsOf(work, marks.file) }, remarks: [] }),
  }));
}

function syscallJobs(groups: readonly string[], leave: Leave): readonly Job[] {
  const problem = straceProblem();
  if (problem !== undefined) {
    leave('system calls', problem, ['syncs', 'writes', 'written', 'calls']);
    return [];
  }
  return groups.map((work) => ({
    work,
    count: async () => ({ counts: await syscallsOf(work), remarks: [] }),
  }));
}

/** Without the addon there is no mapping. */
function runs(kind: Kind | undefined): boolean {
  return addonProblem() === undefined || kind === 'file' || kind === 'memory';
}

interface Done {
  readonly work: string;
  readonly exact: Exact;
}

/** The results in the order of the jobs, of which so many run at a time. */
async function runAll(jobs: readonly Job[], atOnce: number): Promise<readonly Done[]> {
  const results: Done[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < jobs.length; index = next++) {
      const { work, count } = jobs[index] as Job;
      results[index] = { work, exact: await count() };
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

function summed(done: readonly Done[], left: ReadonlySet<string>): All {
  const works: Record<string, Counts> = {};
  const remarks: string[] = [];
  for (const { work, exact } of done) {
    works[work] = { ...works[work], ...exact.counts };
    for (const remark of exact.remarks) remarks.push(`${work}: ${remark}`);
  }
  return { works, remarks, left };
}
