/** Something that happens again and again; whoever waits is woken by the next time. */
export class Signal {
  #waiting: { promise: Promise<void>; resolve: () => void } | undefined;

  /** True if somebody waits. */
  get awaited(): boolean {
    return this.#waiting !== undefined;
  }

  /** Resolves with the next `notify`. */
  next(): Promise<void> {
    if (this.#waiting === undefined) {
      let resolve = () => {};
      const promise = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#waiting = { promise, resolve };
    }
    return this.#waiting.promise;
  }

  notify(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve();
  }
}

/** Resolves as `promise` does, or when the signal is aborted. */
export async function unlessAborted(
  promise: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal?.aborted === true) return;
  if (signal === undefined) {
    await promise;
    return;
  }
  let onAbort = () => {};
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
  });
  signal.addEventListener('abort', onAbort, { once: true });
  await Promise.race([promise, aborted]);
  signal.removeEventListener('abort', onAbort);
}
