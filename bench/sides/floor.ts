import { type Round, roundOf, Yardstick } from '../lib/calm.js';
import { compileC } from './compile.js';
import { LineProgram } from './line-program.js';

/** What bench/c/floor.c does for an entry. */
export type FloorMode = 'copy' | 'each' | 'twice' | 'groups';

/** The bare machine, in a process of its own. */
export interface Floor {
  run(mode: FloorMode, size: number, entries: number, group?: number): Promise<Round>;
  /** As long as it is not called, the process waits. */
  end(): void;
}

/** The log of the C library, in a process of its own. */
export interface Pmemlog {
  run(size: number, entries: number): Promise<Round>;
  end(): void;
}

/** Says what could not be had; `Bench.leaveOut`. */
type LeaveOut = (text: string) => void;

/**
 * Maps a new file of `bytes` in `directory` for floors.
 *
 * @returns undefined where there is no way to have one; `leaveOut` is told why
 */
export function startFloor(directory: string, bytes: number, leaveOut: LeaveOut): Floor | undefined {
  const compiled = compileC('floor');
  if ('problem' in compiled) {
    leaveOut(`the floor in C: ${compiled.problem}`);
    return undefined;
  }
  const program = new LineProgram(compiled.file, [directory, `${bytes}`]);
  const ask = asking(program);
  return {
    run: (mode, size, entries, group = 1) => ask(`run ${mode} ${size} ${entries} ${group}`),
    end: () => program.end(),
  };
}

/** Makes a pool of `bytes` in `directory`; as `startFloor`. */
export function startPmemlog(directory: string, bytes: number, leaveOut: LeaveOut): Pmemlog | undefined {
  const compiled = compileC('pmemlog', ['pmemlog']);
  if ('problem' in compiled) {
    leaveOut(`libpmemlog: ${compiled.problem}`);
    return undefined;
  }
  const program = new LineProgram(compiled.file, [directory, `${bytes}`], { PMEM_IS_PMEM_FORCE: '1' });
  const ask = asking(program);
  return { run: (size, entries) => ask(`run ${size} ${entries}`), end: () => program.end() };
}

/** Questions to a program that makes a probe of its own: it has a processor of its own, too. */
function asking(program: LineProgram): (line: string) => Promise<Round> {
  const by = new Yardstick();
  return async (line) => {
    const [time = Number.NaN, ...probes] = await program.ask(line);
    return roundOf(time, probes, by);
  };
}
