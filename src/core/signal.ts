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
