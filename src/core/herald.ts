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

/** How several threads tell readers what they agree on. */
export interface Agreement {
  /** This thread's place among them, from 0 on. */
  readonly thread: number;
  /** Has `tell` called with the newest persisted timestamp whenever that is found out, by one thread at a time. */
  onDurable(tell: (persisted: number) => void): void;
  /** Calls `tell` at once, while no other thread tells anything: with the newest persisted timestamp, and the number of the structure. */
  together(tell: (persisted: number, structure: number) => void): void;
}

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
  /** Set once several threads announce. */
  #agreement: Agreement | undefined;
  /** Where this thread alone says how far it knows everything to be persisted. */
  #acknowledged: Float64Array | undefined;

  /**
   * @param slow true if a drain takes so long that waking after each of them costs little
   * @param agreement of the threads, if other ones announce, too
   */
  constructor(live: LiveWriter, clock: Clock, slow: boolean, agreement: Agreement | undefined) {
    this.#live = live;
    this.#clock = clock;
    this.#slow = slow;
    this.#numbers = live.numbers;
    this.#every = slow ? 1 : SELDOM;
    this.#armed = slow;
    if (agreement === undefined) this.#store(clock.newestPersisted);
    else this.share(agreement);
    this.#tell();
  }

  /** From now on other threads announce, too. */
  share(agreement: Agreement): void {
    this.#agreement = agreement;
    agreement.onDurable((persisted) => this.#store(persisted));
    agreement.together(() => {
      this.#acknowledged = this.#live.acknowledged(agreement.thread);
    });
  }

  /** True if what is stored is there for readers at once; else it has to be announced. */
  get stores(): boolean {
    return this.#live.isMapped;
  }

  /** The number of the structure that readers know. */
  get structure(): number {
    return this.#live.structure;
  }

  /** Everything that the clock calls persisted is, and can be seen by readers. */
  announce(): void {
    if (this.#agreement === undefined) this.#store(this.#clock.newestPersisted);
    if (!this.#armed) this.#begin();
    else if (++this.#unrung >= this.#every) this.#ring();
  }

  /** Everything up to `timestamp` is persisted, as this thread knows, whatever others know. */
  acknowledged(timestamp: number): void {
    const said = this.#acknowledged;
    if (said !== undefined && timestamp > (said[0] as number)) said[0] = timestamp;
  }

  /** A region was allocated, cleared or freed: its record is stored. */
  structureChanged(): void {
    if (this.#closed) return;
    if (this.#agreement === undefined) this.#live.structure++;
    this.#tell();
  }

  /** @param last false if other threads go on */
  close(last: boolean): void {
    this.#closed = true;
    this.#acknowledged = undefined;
    clearTimeout(this.#timer);
    this.#live.close(last);
  }

  #store(persisted: number): void {
    this.#numbers[COMMITTED] = persisted;
    this.#numbers[PERSISTED] = persisted;
  }

  #agree(): void {
    const live = this.#live;
    this.#agreement?.together((persisted, structure) => {
      this.#store(persisted);
      live.structure = structure;
      if (!live.isMapped) live.tell();
    });
  }

  /** What is written, and not just stored, is written while no other thread does: it must not go back. */
  #tell(): void {
    const live = this.#live;
    this.#agree();
    if (this.#agreement === undefined || live.isMapped) live.tell();
  }

  #ring(): void {
    this.#unrung = 0;
    if (this.#closed) return;
    if (this.#slow) {
      this.#tell();
      return;
    }
    this.#agree();
    this.#ringFast();
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
