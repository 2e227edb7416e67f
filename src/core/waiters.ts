interface Waiter {
  timestamp: number;
  value: unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** Those who wait until what they have appended is persisted, in the order of their timestamps. */
export class Waiters {
  #waiters: Waiter[] = [];

  get none(): boolean {
    return this.#waiters.length === 0;
  }

  /** Has `resolve` called with `value` once `timestamp` is persisted. */
  add<T>(timestamp: number, value: T, resolve: (value: T) => void, reject: (error: unknown) => void): void {
    this.#waiters.push({ timestamp, value, resolve, reject });
  }

  /** Everything up to `timestamp` is persisted. */
  resolveUpTo(timestamp: number): void {
    const waiters = this.#waiters;
    let count = 0;
    while (count < waiters.length && (waiters[count] as Waiter).timestamp <= timestamp) count++;
    this.#waiters = count === waiters.length ? [] : waiters.slice(count);
    for (let i = 0; i < count; i++) {
      const { resolve, value } = waiters[i] as Waiter;
      resolve(value as never);
    }
  }

  /** Those who wait learn that their entries are committed, but not durable. */
  rejectAll(error: unknown): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(error);
  }
}
