import type { Herald } from './herald.js';

/** What those who make durable turn to: the persister, which tells everybody else. */
export interface PersistingHost {
  readonly herald: Herald | undefined;
  /** Everything up to `timestamp` is durable: whoever waits for that is told. */
  settle(timestamp: number): void;
  /** What is to be thrown for an error on the way. If nothing can be acknowledged any more, the stream is poisoned. */
  failed(error: unknown): unknown;
  /** Resolves with the next group: once everything committed up to now is persisted. */
  nextGroup(): Promise<void>;
}

/** How what was committed becomes durable: by one thread alone (`PersistAlone`), or by several for each other (`PersistTogether`). */
export interface Persisting {
  /** Everything up to this timestamp is durable, as was last found out. */
  readonly durable: number;
  /** Seals what was committed. Returns the timestamp up to which the next drain makes everything durable. */
  seal(): number;
  /** A drain that began after `seal` has succeeded. */
  drained(): void;
  /** Persists what this thread has committed, with everything before it, and returns once it is. */
  persistOwn(): void;
  /** Persists everything committed, and returns once it is. */
  persistSync(): void;
  /** The same for a group, off the main thread where the medium is slow. The caller sees to errors. */
  persistGroup(): Promise<void>;
  /** Resolves once everything up to `timestamp`, which was given out, is durable. */
  persistUpTo(timestamp: number): Promise<void>;
}
