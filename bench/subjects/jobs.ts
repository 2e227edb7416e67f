/** What the process of a subject is started with. */
export interface Order {
  /** One of the names in worker.ts. */
  readonly subject: string;
  readonly setting: string;
  /** For its files; made if it is not there. */
  readonly directory: string;
}

/** What it is told to do; the answer is nanoseconds, in all or of each entry; of `memory` bytes, in the order of `MEMORY`. */
export type Job =
  | { readonly what: 'each' | 'buffered' | 'fill'; readonly size: number; readonly count: number }
  | { readonly what: 'many'; readonly size: number; readonly inFlight: number; readonly groups: number }
  | {
      readonly what: 'latencies';
      readonly size: number;
      readonly count: number;
      readonly inFlight: number;
    }
  | { readonly what: 'scan'; readonly reverse: boolean; readonly entries: number }
  | { readonly what: 'get'; readonly count: number; readonly entries: number }
  /** Closes the log; opening it again is what is timed. */
  | { readonly what: 'reopen' }
  | { readonly what: 'memory' }
  | { readonly what: 'close' };

export type Answer =
  /** `probe` is that of the round (lib/calm.ts), where it has one. */
  { readonly value: number | readonly number[]; readonly probe?: number } | { readonly problem: string };

/** What is told of the memory of a process. */
export const MEMORY = [
  'resident, all of it',
  'resident, without mapped files',
  'heap of JavaScript in use',
  'ArrayBuffers outside of it',
] as const;
