import { LIVE } from '../media/live-file.js';
import type { LiveWriter } from '../media/live-writer.js';
import type { Clock } from './clock.js';

/** Where drains are fast, readers of other processes are woken once in so many of them, and at the end of the turn. */
const SELDOM = 64;
/** For so many rings after one that woke somebody, every drain rings. */
const ALERT = 1000;

const [PERSISTED, COMMITTED] = [LIVE.persisted / 8, LIVE.committed / 8] as const;

/**
 * The writer's policy of telling readers of other processes how far it has come: the two numbers are stored after every drain, which
 * costs nothing, and readers are woken as often as a drain is slow, or somebody is known to wait.
 */
export class Herald {
  readonly #live: LiveWriter;
  readonly #clock: Clock;
  readonly #slow: boolean;
  readonly #numbers: Float64Array;
  #unrung = 0;
  #every: number;
  #alert = 0;
  #armed = false;
  #closed = false;

  /** @param slow true if a drain takes so long that waking after each of them costs little */
  constructor(live: LiveWriter, clock: Clock, slow: boolean) {
    this.#live = live;
    this.#clock = clock;
    this.#slow = slow;
    this.#numbers = live.numbers;
    this.#every = slow ? 1 : SELDOM;
    this.#store();
    live.tell();
  }

  /** Everything that the clock calls persisted is, and can be seen by readers. */
  announce(): void {
    this.#store();
    if (++this.#unrung >= this.#every) this.#ring();
    else if (!this.#armed) this.#arm();
  }

  /** A region was allocated, cleared or freed: its record is stored. */
  structureChanged(): void {
    if (this.#closed) return;
    this.#live.structureChanged();
    this.#live.tell();
  }

  close(): void {
    this.#closed = true;
    this.#live.close();
  }

  #store(): void {
    const { newestPersisted } = this.#clock;
    this.#numbers[COMMITTED] = newestPersisted;
    this.#numbers[PERSISTED] = newestPersisted;
  }

  #ring(): void {
    this.#unrung = 0;
    if (this.#closed) return;
    if (this.#slow) this.#live.tell();
    else this.#note(this.#live.wake());
  }

  /** A writer that blocks its thread from now on does not get there: readers look for themselves soon after they began to wait. */
  #arm(): void {
    this.#armed = true;
    setImmediate(() => {
      this.#armed = false;
      if (this.#unrung === 0 || this.#closed) return;
      this.#unrung = 0;
      this.#note(this.#live.tell());
    }).unref();
  }

  #note(woken: boolean): void {
    if (woken) this.#alert = ALERT;
    else if (this.#alert > 0) this.#alert--;
    this.#every = this.#alert > 0 ? 1 : SELDOM;
  }
}
