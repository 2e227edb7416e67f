import { Stream, type StreamOptions } from '../../src/index.js';

/** A step of a workload that ended in an error. */
export interface Failure {
  readonly step: string;
  /** Which opening it happened under, counted from 1. */
  readonly session: number;
  readonly error: unknown;
}

/** Takes the steps of a workload, whatever comes of them, and notes what failed. */
export class Diary {
  readonly failures: Failure[] = [];
  session = 0;

  /** Undefined if the step failed. */
  async step<T>(step: string, action: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      this.failures.push({ step, session: this.session, error });
      return undefined;
    }
  }

  /** Opens a stream; what failed is tried a second time at once: nothing may be left in the way. */
  async open(step: string, path: string, options: StreamOptions): Promise<Stream | undefined> {
    for (const name of [step, `${step} again`]) {
      this.session += 1;
      const blocking = this.session % 2 === 0;
      const stream = await this.step(name, () =>
        blocking ? Stream.openSync(path, options) : Stream.open(path, options),
      );
      if (stream !== undefined) return stream;
    }
    return undefined;
  }
}
