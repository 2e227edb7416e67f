import {
  type Append,
  type Change,
  type History,
  NEVER,
  type Pass,
  type Run,
  type Sample,
  type Seen,
  whoOf,
} from './history.js';

/** Histories written down by hand: each call takes ten units of time, and nothing else happens meanwhile, unless a test says so. */
export class Synthetic {
  readonly appends: Append[] = [];
  readonly passes: Pass[] = [];
  readonly samples: Sample[] = [];
  readonly persists: History['persists'][number][] = [];
  readonly changes: Change[] = [];
  runs: Run[] = [{ run: 1, opened: 0, dying: NEVER, killed: NEVER, closing: NEVER }];
  now = 0;
  #timestamp = 0;
  readonly #numbers = new Map<number, number>();

  get history(): History {
    const { appends, passes, samples, persists, changes, runs } = this;
    return { appends, passes, samples, persists, changes, runs };
  }

  /** What a call's record begins with. */
  act(actor: number): { actor: number; begin: number; end: number; code: string } {
    const begin = this.now;
    this.now += 10;
    return { actor, begin, end: this.now - 1, code: 'done' };
  }

  append(actor = 1000, region = 1, more: Partial<Append> = {}): Append {
    const number = (this.#numbers.get(actor) ?? 0) + 1;
    this.#numbers.set(actor, number);
    const act = this.act(actor);
    const timestamp = more.timestamp ?? this.#timestamp + 1;
    this.#timestamp = Math.max(this.#timestamp, timestamp);
    const append: Append = {
      ...act,
      number,
      region,
      reserved: act.end,
      published: act.begin,
      persists: true,
      expectedLast: undefined,
      transaction: 0,
      ...more,
      timestamp,
    };
    this.appends.push(append);
    return append;
  }

  /** A transaction: an entry in each of these regions. */
  together(actor: number, regions: readonly number[], more: Partial<Append> = {}): Append[] {
    const transaction = (this.#numbers.get(actor) ?? 0) + 1;
    const begin = this.now;
    const parts = regions.map((region) => this.append(actor, region, { transaction, ...more }));
    const end = this.now - 1;
    this.appends.splice(-parts.length);
    const joined = parts.map((part) => ({ ...part, begin, end, reserved: end, published: begin, ...more }));
    this.appends.push(...joined.map((part, index) => ({ ...part, timestamp: parts[index]?.timestamp ?? 0 })));
    return this.appends.slice(-parts.length);
  }

  /** A reading that shows these entries. */
  pass(seen: readonly Append[], more: Partial<Pass> = {}): Pass {
    const act = this.act(more.actor ?? 1001);
    const pass: Pass = {
      ...act,
      way: 'pass',
      region: 1,
      from: 0,
      persisted: false,
      ...more,
      seen: more.seen ?? seen.map((append) => seenOf(append, act.end)),
    };
    this.passes.push(pass);
    return pass;
  }

  sample(committed: number, persisted: number, more: Partial<Sample> = {}): void {
    this.samples.push({ ...this.act(more.actor ?? 1001), committed, persisted, ...more });
  }

  persist(more: Partial<History['persists'][number]> = {}): void {
    this.persists.push({ ...this.act(1001), upTo: 0, ...more });
  }

  change(what: Change['what'], region = 1, more: Partial<Change> = {}): Change {
    const change = { ...this.act(1001), what, region, ...more };
    this.changes.push(change);
    return change;
  }

  /** The writing process is killed, and another one opens the stream. `meanwhile` happens in between. */
  kill(meanwhile: () => void = () => {}): void {
    const dying = this.now;
    this.now += 10;
    meanwhile();
    this.runs = [
      ...this.runs.slice(0, -1),
      { ...(this.runs.at(-1) as Run), dying, killed: dying + 1 },
      { run: this.runs.length + 1, opened: this.now, dying: NEVER, killed: NEVER, closing: NEVER },
    ];
    this.#timestamp += 2 ** 20;
  }
}

/** The entry of an append, as a reader sees it. */
export function seenOf({ actor, number, timestamp }: Append, time: number): Seen {
  return { who: whoOf(actor, number), timestamp, time };
}
