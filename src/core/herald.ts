import { LIVE } from '../media/live-file.js';
import type { LiveWriter } from '../media/live-writer.js';
import type { Clock } from './clock.js';

/** Where drains are fast, readers of other processes are woken at the first one of a turn, at its end, and in between once in so many. */
const SELDOM = 256;
/** For so many rings after one that woke somebody, every drain rings. */
const ALERT = 1000;
/** How long those wait at most who only watch the file, where drains are fast. Milliseconds. */
const SHOW_DELAY = 10;

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
  /** True from the first drain of a turn to its end; always where every drain rings anyway. */
  #armed: boolean;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param slow true if a drain takes so long that waking after each of them costs little */
  constructor(live: LiveWriter, clock: Clock, slow: boolean) {
    this.#live = live;
    this.#clock = clock;
    this.#slow = slow;
    this.#numbers = live.numbers;
    this.#every = slow ? 1 : SELDOM;
    this.#armed = slow;
    this.#store();
    live.tell();
  }

  /** Everything that the clock calls persisted is, and can be seen by readers. */
  announce(): void {
    this.#store();
    if (!this.#armed) this.#begin();
    else if (++this.#unrung >= this.#every) this.#ring();
  }

  /** A region was allocated, cleared or freed: its record is stored. */
  structureChanged(): void {
    if (this.#closed) return;
    this.#live.structureChanged();
    this.#live.tell();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
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
    else this.#ringFast();
  }

  #ringFast(): void {
    if (this.#live.wake()) this.#alert = ALERT;
    else if (this.#alert > 0) this.#alert--;
    this.#every = this.#alert > 0 ? 1 : SELDOM;
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#show(), SHOW_DELAY).unref();
  }

  #show(): void {
    this.#timer = undefined;
    this.#live.show();
  }

  /**
   * The first drain of a turn. What follows it and is not told, since the writer blocks its thread from then on, readers find by looking for
   * themselves soon after they were woken.
   */
  #begin(): void {
    if (this.#closed) return;
    this.#armed = true;
    this.#ring();
    setImmediate(() => {
      this.#armed = false;
      if (this.#unrung > 0) this.#ring();
    });
  }
}
