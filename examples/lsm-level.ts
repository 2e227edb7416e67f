// A level of an LSM tree (log-structured merge tree): writes go to a log and into memory; what gathers there becomes a sorted run; runs are merged.
//
// Every run is a region of its own: its pairs in the order of their keys, then a footer with a sparse index. A region without a footer is a run that was
// not finished, and is freed. The footer of a merged run names those that it replaces, so one append puts it in their place.
//
// What is durable when: `put` and `delete` resolve once their change is durable in the log. A run is durable before the log is cleared, a merged run before
// those that it replaces are freed. Only what is in memory and a footer for each run is held there.
import { type Entry, type Region, Stream } from 'varve';
import { cutPowerEverywhere, type Machine } from './helpers/machine.js';
import { isMain } from './helpers/main.js';

type Pair = [key: string, value: string | null]; // null: deleted
type Footer = { index: [key: string, timestamp: number][]; replaces: string[] };

const IN_MEMORY = 6; // pairs
const STEP = 4; // pairs from one key of the index to the next
const RUNS = 3; // more are merged

/** A sorted run: a region that has its footer. */
class Run {
  readonly region: Region;
  readonly footer: Footer;

  constructor(region: Region, footer: Footer) {
    this.region = region;
    this.footer = footer;
  }

  static open(region: Region): Run | undefined {
    const [last] = region.entries({ reverse: true });
    const footer = last?.json() as Footer | Pair | undefined;
    return footer === undefined || Array.isArray(footer) ? undefined : new Run(region, footer);
  }

  static async write(stream: Stream, name: string, pairs: Iterable<Pair>, replaces: string[]): Promise<Run> {
    const sorted = [...pairs];
    const region = await stream.allocate(4096 + JSON.stringify(sorted).length + 32 * sorted.length, { name });
    const index: Footer['index'] = [];
    for (const [place, pair] of sorted.entries()) {
      const { timestamp } = await region.append(JSON.stringify(pair), { until: 'committed' });
      if (place % STEP === 0) index.push([pair[0], timestamp]);
    }
    await region.append(JSON.stringify({ index, replaces })); // durable, with everything before it
    return new Run(region, { index, replaces });
  }

  get(key: string): string | null | undefined {
    const { index } = this.footer;
    const from = index.findLast(([first]) => first <= key)?.[1];
    if (from === undefined) return undefined;
    for (const [found, value] of this.pairs(from)) {
      if (found === key) return value;
      if (found > key) break;
    }
    return undefined;
  }

  *pairs(from = 0): Generator<Pair> {
    for (const entry of this.region.entries({ from })) {
      const pair = entry.json() as Pair | Footer;
      if (Array.isArray(pair)) yield pair;
    }
  }
}

export class Level {
  readonly #stream: Stream;
  readonly #log: Region;
  readonly #memory = new Map<string, string | null>();
  /** The newest first. */
  #runs: Run[] = [];

  private constructor(stream: Stream, log: Region) {
    this.#stream = stream;
    this.#log = log;
  }

  static async open(stream: Stream): Promise<Level> {
    const log = stream.region('log') ?? (await stream.allocate('4KiB', { name: 'log' }));
    const level = new Level(stream, log);
    await level.#recover();
    return level;
  }

  put(key: string, value: string): Promise<void> {
    return this.#change([key, value]);
  }

  delete(key: string): Promise<void> {
    return this.#change([key, null]);
  }

  get(key: string): string | undefined {
    let value = this.#memory.get(key);
    for (const run of this.#runs) value = value === undefined ? run.get(key) : value;
    return value ?? undefined;
  }

  /** All pairs in the order of their keys. */
  *pairs(): Generator<Pair> {
    yield* merged([sorted(this.#memory), ...this.#runs.map((run) => run.pairs())]);
  }

  async #change(pair: Pair): Promise<void> {
    await this.#log.append(JSON.stringify(pair));
    this.#memory.set(...pair);
    if (this.#memory.size < IN_MEMORY) return;
    this.#runs.unshift(await Run.write(this.#stream, this.#nextName(), sorted(this.#memory), []));
    await this.#log.clear();
    this.#memory.clear();
    if (this.#runs.length > RUNS) await this.#merge();
  }

  /** One run instead of all: nothing older is left that a deletion would have to hide. */
  async #merge(): Promise<void> {
    const old = this.#runs;
    const names = old.map(({ region }) => region.name ?? '');
    const pairs = merged(old.map((run) => run.pairs()));
    this.#runs = [await Run.write(this.#stream, this.#nextName(), pairs, names)];
    for (const { region } of old) await region.free();
  }

  async #recover(): Promise<void> {
    const regions = [...this.#stream.regions()].filter((region) => region !== this.#log);
    const runs = regions.map((region) => Run.open(region));
    const replaced = new Set(runs.flatMap((run) => run?.footer.replaces ?? []));
    for (const [place, region] of regions.entries()) {
      const run = runs[place];
      if (run === undefined || replaced.has(region.name ?? '')) await region.free();
      else this.#runs.push(run);
    }
    this.#runs.sort((one, other) => numberOf(other) - numberOf(one));
    // A log that was to be cleared when the power failed says what the newest run says.
    for (const entry of this.#log as Iterable<Entry>) this.#memory.set(...(entry.json() as Pair));
  }

  #nextName(): string {
    return `run-${1 + (this.#runs[0] === undefined ? 0 : numberOf(this.#runs[0]))}`;
  }
}

function numberOf({ region }: Run): number {
  return Number(region.name?.slice('run-'.length));
}

function sorted(pairs: Iterable<Pair>): Iterator<Pair> & Iterable<Pair> {
  return [...pairs].sort(([one], [other]) => (one < other ? -1 : 1)).values();
}

/** Pairs in the order of their keys; of several with the same key the one of the first source. Without what was deleted. */
function* merged(sources: Iterator<Pair>[]): Generator<Pair> {
  const heads = sources.map((source) => source.next());
  for (;;) {
    const [least] = heads.flatMap((head) => (head.done ? [] : [head.value[0]])).sort();
    if (least === undefined) return;
    let newest: Pair | undefined;
    for (const [place, head] of heads.entries()) {
      if (head.done || head.value[0] !== least) continue;
      newest ??= head.value;
      heads[place] = sources[place]?.next() ?? head;
    }
    if (newest !== undefined && newest[1] !== null) yield newest;
  }
}

if (isMain(import.meta.url)) {
  const changes = Array.from(
    { length: 30 },
    (_, index): Pair => [`key ${(index * 7) % 19}`, index % 5 ? `${index}` : null],
  );
  const work = async (machine: Machine, acknowledge: () => void) => {
    const stream = await Stream.open(machine.medium);
    const level = await Level.open(stream);
    for (const [key, value] of changes) {
      await (value === null ? level.delete(key) : level.put(key, value));
      acknowledge();
    }
    await stream.close();
  };
  const after = (count: number) => JSON.stringify([...merged([sorted(new Map(changes.slice(0, count)))])]);
  const judge = async (machine: Machine, acknowledged: number) => {
    const stream = await Stream.open(machine.medium);
    const level = await Level.open(stream);
    const found = JSON.stringify([...level.pairs()]);
    // The change under way may be there; everything acknowledged must be.
    if (found !== after(acknowledged) && found !== after(acknowledged + 1))
      throw new Error(`after ${acknowledged}: ${found}`);
    for (const [key, value] of level.pairs())
      if (level.get(key) !== value) throw new Error(`${key} is not found`);
    await stream.close();
  };
  console.log(await cutPowerEverywhere(work, judge));
  console.log(`all of them found every acknowledged change of ${changes.length}`);
}
