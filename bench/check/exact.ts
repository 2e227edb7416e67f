import { IDENTITY, PREDICTABLE, runWorker } from './run-worker.js';
import { WORKS } from './works.js';

/** Processes that are timed: the optimising compiler does not do the same in each. */
const PROCESSES = 5;
/** Processes whose heap is looked at, with streams of as many identities: what is allocated may depend on them. */
const HEAPS = 3;

/** Deoptimisations, as V8 prints them. */
const DEOPT = /^\[bailout .*?reason: (.*?)\): begin\. deoptimizing \S+ <JSFunction (.*?) \(sfi/gm;

/** What is found in the processes of one work, with what is to be said about it. */
export interface Exact {
  readonly counts: Readonly<Record<string, number>>;
  readonly remarks: readonly string[];
}

/** Bytes of the heap and deoptimisations: of an operation, and of all rounds once the code was optimised. Of several processes the worst. */
export async function heapOf(name: string): Promise<Exact> {
  const { operations, kind } = workOf(name);
  const counts = { heap: 0, deopts: 0 };
  const remarks = new Set<string>();
  for (let i = 0; i < HEAPS; i += 1) {
    const env = { VARVE_CHECK_IDENTITY: `${IDENTITY + i}` };
    const start = { worker: 'worker', arguments: ['heap', name], kind, flags: PREDICTABLE, env } as const;
    const { result, output } = await runWorker(start);
    const seen = deopts(output);
    counts.heap = Math.max(counts.heap, Number(result) / operations);
    counts.deopts = Math.max(counts.deopts, seen.length);
    for (const deopt of seen) remarks.add(deopt);
  }
  return { counts, remarks: [...remarks] };
}

/** Calls of native functions of an operation. */
export async function borderOf(name: string): Promise<Exact> {
  const { operations, kind } = workOf(name);
  const { result } = await runWorker({ worker: 'worker', arguments: ['border', name], kind });
  return { counts: { border: Number(result) / operations }, remarks: [] };
}

/** How much longer than its floor it takes, in ordinary processes, one after the other. */
export async function timesOf(name: string): Promise<Exact> {
  const { kind } = workOf(name);
  const ratios: number[] = [];
  const remarks = new Set<string>();
  for (let i = 0; i < PROCESSES; i += 1) {
    const { result, output } = await runWorker({ worker: 'worker', arguments: ['times', name], kind });
    ratios.push(Number(result));
    for (const deopt of deopts(output)) remarks.add(`process ${i + 1}: ${deopt}`);
  }
  const [best, worst] = [Math.min(...ratios), Math.max(...ratios)];
  const each = ratios.map((ratio) => ratio.toFixed(2)).join(', ');
  return {
    counts: { ratio: best, worst },
    remarks: [`${each} times the floor in ${PROCESSES} processes`, ...remarks],
  };
}

/** The deoptimisations in what V8 printed, as sentences. */
export function deopts(output: string): readonly string[] {
  return Array.from(output.matchAll(DEOPT), ([, reason, name]) => `${name} deoptimised: ${reason}`);
}

function workOf(name: string): (typeof WORKS)[string] {
  const work = WORKS[name];
  if (work === undefined) throw new Error(`there is no work ${name}`);
  return work;
}
