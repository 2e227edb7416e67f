import assert from 'node:assert/strict';
import { Ledger } from '../kill/ledger.js';
import { surveyFrom } from '../kill/survey.js';
import type { Berth } from './berths.js';

/** What the host knows of one stream in the machine. */
export class Logbook {
  /** True once the machine has told that the stream was open. */
  created = false;
  readonly #berth: Berth;
  readonly #ledger = new Ledger();
  #run = 0;
  /** Whether the program of this run has begun to write. */
  #writes = false;
  /** The lines of a survey that has not ended yet. */
  #survey: string[] | undefined;

  constructor(berth: Berth) {
    this.#berth = berth;
  }

  /** Takes a line. Throws if it tells of something that must not be. */
  read(run: number, line: string, count: (what: string, times?: number) => void): void {
    const [word, what = ''] = line.split(' ');
    const { name, kind } = this.#berth;
    if (run !== this.#run) this.#boot(run);
    try {
      assert.notEqual(word, 'failed', line);
      if (word === 'read' || word === 'recovered') {
        // A reader maps privately, whatever it is that it maps.
        if (word === 'recovered') assert.equal(what, kind, 'the kind of the medium');
        this.#survey = [];
      } else if (word === 'end') {
        this.#compare(what === 'recovered', count);
      } else if (this.#survey !== undefined) this.#survey.push(line);
      else this.#write(line, count);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`boot ${run}, stream ${name}: ${reason}`, { cause });
    }
  }

  #compare(settles: boolean, count: (what: string, times: number) => void): void {
    const entries = this.#ledger.verify(surveyFrom(this.#survey ?? []), settles);
    this.#survey = undefined;
    count('verifications', 1);
    count('entries', entries);
  }

  /** The power may have gone in the midst of a survey. */
  #boot(run: number): void {
    this.#run = run;
    this.#writes = false;
    this.#survey = undefined;
  }

  #write(line: string, count: (what: string) => void): void {
    if (!this.#writes) this.#ledger.begin(this.#run);
    this.#writes = true;
    if (line === 'opened') this.created = true;
    if (line.startsWith('a ')) count('acknowledged');
    this.#ledger.note([line]);
  }
}
