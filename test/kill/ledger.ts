import assert from 'node:assert/strict';
import { orderOf, type Who } from './payload.js';
import type { Found, Survey } from './survey.js';

/** What is known of one region. Names are never used again, so a name is one life of one region, but for clears. */
interface Page {
  /** False while it is being allocated or freed: it may be there or not. */
  certain: boolean;
  /** Told to be persisted, or seen after a recovery: by timestamp. */
  readonly kept: Map<number, Who>;
  /** Told to be committed, by the process that writes now: by timestamp. */
  readonly committed: Map<number, Who>;
  /** Where clears may have cut: of one of these numbers everything up to it is gone, and nothing behind it. */
  cuts: number[];
}

/**
 * What a writer has told, over all its lives, kept outside of its process (or machine). The lines of the writer (`Scribe`):
 * `a <timestamp> <number> <region>` persisted, `c …` committed, `p <timestamp>` persisted up to there, `alloc|free|clear <region> <number>`
 * about to, `alloced|freed|cleared <region>` done, `unalloc <region>` refused, `closing`, `closed`, `opening`, `opened`, `resting`.
 */
export class Ledger {
  readonly #pages = new Map<string, Page>();
  #run = 0;
  /** No timestamp of the run that writes now is at or below this one. */
  #before = 0;
  /** The greatest timestamp ever heard of. */
  greatest = 0;

  /** The number of entries that must be there. */
  get size(): number {
    return [...this.#pages.values()].reduce((sum, { kept }) => sum + kept.size, 0);
  }

  /** A further process is going to write. `run` rises from process to process. */
  begin(run: number): void {
    this.#run = run;
    this.#before = this.greatest;
    for (const { committed } of this.#pages.values()) committed.clear();
  }

  /** Takes the next whole lines of what that process tells. */
  note(lines: readonly string[]): void {
    for (const line of lines) {
      const [word = '', first = '', second = '', third = ''] = line.split(' ');
      if (word === 'a') this.#told(this.#page(third).kept, Number(first), Number(second));
      else if (word === 'c') this.#told(this.#page(third).committed, Number(first), Number(second));
      else if (word === 'p') this.#persisted(Number(first));
      else if (word === 'closed') this.#persisted(Number.POSITIVE_INFINITY);
      else this.#changed(word, first, orderOf({ run: this.#run, number: Number(second) }));
    }
  }

  #page(region: string): Page {
    const page = this.#pages.get(region);
    assert.ok(page !== undefined, `the writer speaks of region ${region}, which nobody allocated`);
    page.certain = true;
    return page;
  }

  #told(facts: Map<number, Who>, timestamp: number, number: number): void {
    assert.ok(timestamp > this.#before, `timestamp ${timestamp} was given out before, up to ${this.#before}`);
    facts.set(timestamp, { run: this.#run, number });
    this.greatest = Math.max(this.greatest, timestamp);
  }

  #persisted(upTo: number): void {
    for (const { kept, committed } of this.#pages.values()) {
      for (const [timestamp, who] of committed) if (timestamp <= upTo) kept.set(timestamp, who);
    }
  }

  #changed(word: string, region: string, order: number): void {
    if (word === 'alloc') {
      this.#pages.set(region, { certain: false, kept: new Map(), committed: new Map(), cuts: [0] });
    } else if (word === 'alloced') this.#page(region);
    else if (word === 'free') this.#page(region).certain = false;
    else if (word === 'freed' || word === 'unalloc') this.#pages.delete(region);
    else if (word === 'clear') this.#page(region).cuts.push(order);
    else if (word === 'cleared') this.#cut(this.#page(region));
  }

  /** The last of the cuts has happened. */
  #cut(page: Page): void {
    page.cuts = page.cuts.slice(-1);
    page.kept.clear();
    page.committed.clear();
  }

  /**
   * Compares with what was found: everything told to be persisted, each entry in its place in the order; what was cleared or freed is gone.
   *
   * @param settles true if it was found by a writer that has recovered the stream, so that from now on it must stay
   * @returns the number of entries found
   */
  verify(survey: Survey, settles: boolean): number {
    const all = survey.flatMap(({ entries }) => entries).sort((a, b) => a.timestamp - b.timestamp);
    assertRising(all);
    const absent = new Set(this.#pages.keys());
    for (const { region, entries } of survey) {
      const page = this.#pages.get(region);
      assert.ok(page !== undefined, `region ${region} was freed, or never allocated`);
      absent.delete(region);
      const cut = cutOf(region, page, entries);
      if (settles) settle(page, entries, cut);
    }
    for (const region of absent) {
      assert.ok(!this.#pages.get(region)?.certain, `region ${region} is gone with all its entries`);
      if (settles) this.#pages.delete(region);
    }
    this.greatest = Math.max(this.greatest, all.at(-1)?.timestamp ?? 0);
    return all.length;
  }
}

/** Timestamps are unique, and those of later runs are greater. */
function assertRising(all: readonly Found[]): void {
  for (const [index, { timestamp, run }] of all.entries()) {
    const before = all[index - 1];
    if (before === undefined) continue;
    assert.ok(timestamp > before.timestamp, `timestamp ${timestamp} stands twice`);
    assert.ok(
      run >= before.run,
      `timestamp ${timestamp} of run ${run} is above ${before.timestamp} of run ${before.run}`,
    );
  }
}

/** Which of the cuts that may have happened explains what is there. Throws if none does. */
function cutOf(region: string, page: Page, entries: readonly Found[]): number {
  const found = new Map(entries.map((entry) => [entry.timestamp, orderOf(entry)]));
  for (const [index, entry] of entries.entries()) {
    const before = entries[index - 1];
    assert.ok(
      before === undefined || orderOf(before) < orderOf(entry),
      `order of ${entry.timestamp} in region ${region}`,
    );
  }
  for (const [timestamp, who] of [...page.kept, ...page.committed]) {
    const there = found.get(timestamp) ?? orderOf(who);
    assert.equal(there, orderOf(who), `timestamp ${timestamp} of region ${region} belongs to another entry`);
  }
  const missing = [...page.kept].filter(([timestamp]) => !found.has(timestamp));
  const [first] = entries;
  const cut = page.cuts.find(
    (each) =>
      (first === undefined || orderOf(first) > each) && missing.every(([, who]) => orderOf(who) <= each),
  );
  const some = missing.slice(0, 3).map(([timestamp, { run, number }]) => `${timestamp} (${run}, ${number})`);
  assert.ok(
    cut !== undefined,
    `of ${page.kept.size} acknowledged entries of region ${region} ${missing.length} are missing: ${some}; ` +
      `${entries.length} are there, the first is ${first?.timestamp}, cleared up to ${page.cuts}`,
  );
  return cut;
}

function settle(page: Page, entries: readonly Found[], cut: number): void {
  page.certain = true;
  page.cuts = [cut];
  page.kept.clear();
  page.committed.clear();
  for (const { timestamp, run, number } of entries) page.kept.set(timestamp, { run, number });
}
