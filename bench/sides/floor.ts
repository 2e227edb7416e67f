import { compileC } from './compile.js';
import { LineProgram } from './line-program.js';

/** What bench/c/floor.c does for an entry. */
export type FloorMode = 'copy' | 'each' | 'twice' | 'groups';

/** The bare machine, in a process of its own. */
export interface Floor {
  /** One round; returns nanoseconds. */
  run(mode: FloorMode, size: number, entries: number, group?: number): Promise<number>;
  /** As long as it is not called, the process waits. */
  end(): void;
}

/** The log of the C library, in a process of its own. */
export interface Pmemlog {
  run(size: number, entries: number): Promise<number>;
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
  return {
    run: (mode, size, entries, group = 1) => program.ask(`run ${mode} ${size} ${entries} ${group}`),
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
  return { run: (size, entries) => program.ask(`run ${size} ${entries}`), end: () => program.end() };
}
