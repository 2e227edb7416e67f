import { hasCode } from '../base/errors.js';

/** How often those who wait for room try again, as other threads and the time of day may give it, too. Milliseconds. */
const RETRY = 50;

interface Waiting {
  readonly attempt: () => void;
  readonly reject: (error: unknown) => void;
}

/** Appends that wait for room, in their order. */
export class AppendQueue {
  readonly #waiting: Waiting[] = [];
  readonly #idle: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** True if a further append has to stand behind others. */
  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  /** @param attempt throws `VARVE_FULL` as long as there is no room */
  wait(attempt: () => void, reject: (error: unknown) => void): void {
    this.#waiting.push({ attempt, reject });
    this.#timer ??= setInterval(() => this.retry(), RETRY);
  }

  /** Resolves once nobody waits. */
  idle(): Promise<void> {
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** There may be room now. */
  retry(): void {
    while (this.#waiting.length > 0 && this.#tryFirst());
    if (this.#waiting.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #tryFirst(): boolean {
    const { attempt, reject } = this.#waiting[0] as Waiting;
    try {
      attempt();
    } catch (error) {
      if (hasCode(error, 'VARVE_FULL')) return false;
      reject(error);
    }
    this.#waiting.shift();
    return true;
  }
}
