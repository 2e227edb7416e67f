import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { Stream } from '../../src/index.js';
import { type Random, seededRandom } from '../../src/testing/random.js';
import { Ledger } from './ledger.js';
import { Life, type Order } from './life.js';
import { surveyOf } from './survey.js';

/** Where a stream is killed again and again. */
export interface Scene {
  readonly path: string;
  readonly medium: Order['medium'];
  /** Bytes of the stream. */
  readonly size: number;
  readonly maxSize: number;
  readonly seed: number;
}

/** How often what was done. */
export interface Tally extends Record<string, number> {
  kills: number;
  /** Of these: before the stream was open, that is while it was created or recovered. */
  killedOpening: number;
  /** Of these: while the writer was stopped by SIGSTOP. */
  killedStopped: number;
  /** Of these: while it made, or was about to make, the checkpoint of a stream at rest. */
  killedResting: number;
  acknowledged: number;
  /** Times that a stream was read and compared with the ledger. */
  verifications: number;
  /** Entries compared, each as often as it was. */
  entries: number;
}

type Death = 'opening' | 'working' | 'stopped' | 'resting';

/** One stream, written by one process after the other, each of which is killed. */
export class Story {
  readonly tally: Tally = {
    kills: 0,
    killedOpening: 0,
    killedStopped: 0,
    killedResting: 0,
    acknowledged: 0,
    verifications: 0,
    entries: 0,
  };
  readonly #scene: Scene;
  readonly #random: Random;
  readonly #ledger = new Ledger();
  #run = 0;
  #created = false;
  /** What all writers have told, for who wants to look into a finding. */
  #told = '';

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#random = seededRandom(scene.seed);
  }

  /** What all writers have told, run by run. */
  get told(): string {
    return this.#told;
  }

  /** The next process writes and is killed; at times everything is compared with the ledger then, else the one after it finds what is there. */
  async next(): Promise<void> {
    const run = ++this.#run;
    const death = this.#chooseDeath();
    const life = new Life({ ...this.#scene, run, seed: this.#random(2 ** 32), rests: death === 'resting' });
    this.#ledger.begin(run);
    try {
      await this.#live(life, death);
    } finally {
      await life.end();
      this.#told += `run ${run}: ${death}\n${life.text}`;
    }
    this.#take(life);
    if (life.text.includes('opened\n')) this.#created = true;
    else this.tally.killedOpening += 1;
    this.tally.kills += 1;
    await this.#lookAtWhatIsLeft();
  }

  #chooseDeath(): Death {
    const lot = this.#random(100);
    // A stream that does not exist yet is created in these very milliseconds.
    if (lot < (this.#run < 4 ? 70 : 35)) return 'opening';
    if (lot < 85) return 'working';
    return lot < 98 ? 'stopped' : 'resting';
  }

  async #live(life: Life, death: Death): Promise<void> {
    await life.told(death === 'opening' || death === 'resting' ? death : 'opened');
    // Short times are the more likely ones; after about a second the checkpoint of a stream at rest is made.
    const wait = (this.#random(1000) / 1000) ** 2 * (death === 'opening' ? 6 : 150);
    await delay(death === 'resting' ? 985 + wait : wait);
    if (death === 'resting') this.tally.killedResting += 1;
    if (death === 'stopped') await this.#lookAtStopped(life);
    await life.kill();
  }

  /** A writer that stands still keeps its lock, and readers are served. */
  async #lookAtStopped(life: Life): Promise<void> {
    const { path, medium } = this.#scene;
    await life.stop();
    this.#take(life);
    if (life.isOpen) await assert.rejects(Stream.open(path, { medium }), { code: 'VARVE_LOCKED' });
    await this.#look(true);
    if (this.#random(2) === 0) {
      this.tally.killedStopped += 1;
      return;
    }
    life.resume();
    await delay(this.#random(20));
  }

  async #lookAtWhatIsLeft(): Promise<void> {
    // A kill while the stream was created may leave none.
    if (!this.#created) return;
    const lot = this.#random(10);
    if (lot < 3) await this.#look(true);
    if (lot > 1 && lot < 7) await this.#look(false);
  }

  /** Compares all that can be read with the ledger; a writer does so after its recovery, and may leave a clean stream behind. */
  async #look(readOnly: boolean): Promise<void> {
    const { path, medium } = this.#scene;
    const stream = await Stream.open(path, { medium, readOnly, mode: 'open' });
    try {
      this.tally.entries += this.#ledger.verify(surveyOf(stream), !readOnly);
      this.tally.verifications += 1;
      if (!readOnly) assert.deepEqual((await stream.check()).problems, []);
    } finally {
      await stream.close();
    }
  }

  #take(life: Life): void {
    const lines = life.take();
    this.tally.acknowledged += lines.filter((line) => line.startsWith('a ')).length;
    this.#ledger.note(lines);
  }
}
