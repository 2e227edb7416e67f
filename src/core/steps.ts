import type { Medium } from '../media/medium.js';

/**
 * Work in steps, so that one text serves blocking and promising callers: it yields `drain` where what it flushed must be
 * durable before it goes on, and `pause` where a long computation may let others run.
 */
export type Step = 'drain' | 'pause';
export type Steps<T> = Generator<Step, T, void>;

/** What drains for steps. */
export type Drains = Pick<Medium, 'slow' | 'drain' | 'drainSync'>;

/** Takes all steps now, blocking. */
export function takeSync<T>(steps: Steps<T>, medium: Drains): T {
  let step = steps.next();
  while (!step.done) step = stepSync(steps, step.value, medium);
  return step.value;
}

/** Takes all steps, waiting off the main thread; `signal` ends it at a pause. */
export async function take<T>(steps: Steps<T>, medium: Drains, signal?: AbortSignal): Promise<T> {
  let step = steps.next();
  while (!step.done) step = await stepOff(steps, step.value, medium, signal);
  return step.value;
}

function stepSync<T>(steps: Steps<T>, step: Step, medium: Drains): IteratorResult<Step, T> {
  try {
    if (step === 'drain') medium.drainSync();
  } catch (error) {
    return steps.throw(error);
  }
  return steps.next();
}

async function stepOff<T>(
  steps: Steps<T>,
  step: Step,
  medium: Drains,
  signal: AbortSignal | undefined,
): Promise<IteratorResult<Step, T>> {
  try {
    if (step === 'drain') await medium.drain();
    else await pause(signal);
  } catch (error) {
    return steps.throw(error);
  }
  return steps.next();
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

/** Steps under way. Whoever waits for the drain of its latest step may find that somebody else took that step for him. */
interface Task {
  steps: Steps<void>;
  latest: IteratorResult<Step, void> | undefined;
  reject: (error: unknown) => void;
}

/**
 * Changes to the structure of a stream, one after the other. A blocking one that finds others under way takes their
 * remaining steps itself, so that order holds and nobody waits for himself.
 */
export class StepQueue {
  /** True if all steps are to be taken at once, blocking: while other threads wait for them. */
  blocking = false;
  readonly #medium: Drains;
  readonly #tasks: Task[] = [];
  #pumping = false;

  constructor(medium: Drains) {
    this.#medium = medium;
  }

  /** Takes all steps of everything queued. Afterwards nothing is under way. */
  finish(): void {
    for (let task = this.#tasks[0]; task !== undefined; task = this.#tasks[0]) {
      this.#tasks.shift();
      this.#finishTask(task);
    }
  }

  /** Takes all steps now, after those of everything queued. */
  runSync<T>(steps: Steps<T>): T {
    this.finish();
    return takeSync(steps, this.#medium);
  }

  /** Takes the steps after those of everything queued; the first one at once if there is nothing. */
  run<T>(steps: Steps<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#tasks.push({ steps: settling(steps, resolve), latest: undefined, reject });
      if (this.#medium.slow && !this.blocking) void this.#pump();
      else this.finish();
    });
  }

  #finishTask(task: Task): void {
    try {
      let step = task.latest ?? task.steps.next();
      while (!step.done) step = stepSync(task.steps, step.value, this.#medium);
    } catch (error) {
      task.reject(error);
    }
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let task = this.#tasks[0]; task !== undefined; task = this.#tasks[0]) await this.#advance(task);
    this.#pumping = false;
  }

  async #advance(task: Task): Promise<void> {
    try {
      task.latest = task.steps.next();
      while (!task.latest.done) {
        const failure = await this.#drainOrPause(task.latest.value);
        if (this.#tasks[0] !== task) return;
        task.latest = failure === undefined ? task.steps.next() : task.steps.throw(failure.error);
      }
    } catch (error) {
      task.reject(error);
    }
    this.#tasks.shift();
  }

  async #drainOrPause(step: Step): Promise<{ error: unknown } | undefined> {
    try {
      if (step === 'drain') await this.#medium.drain();
      else await pause(undefined);
      return undefined;
    } catch (error) {
      return { error };
    }
  }
}

function* settling<T>(steps: Steps<T>, resolve: (value: T) => void): Steps<void> {
  resolve(yield* steps);
}
