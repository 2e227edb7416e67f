/**
 * The process of one subject: it is told what to do by messages, and answers each by a number or numbers, or by an error. Every
 * subject has a process of its own, so that none has the compiler's profiles or the event loop of another.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { probedAsync, type Round } from '../lib/calm.js';
import { strideOf } from '../lib/floors.js';
import { randomBytes, randomOrder } from '../lib/random.js';
import { timedAsync } from '../lib/stats.js';
import type { Answer, Job, Order } from './jobs.js';
import type { Subject, SubjectLog } from './subject.js';

/** Each is loaded where it is needed only. */
const SUBJECTS: Readonly<Record<string, () => Promise<{ readonly subject: Subject }>>> = {
  varve: () => import('./varve.js'),
  'bare-disk': () => import('./bare-disk.js'),
  'by-hand': () => import('./by-hand.js'),
  lmdb: () => import('./lmdb.js'),
  sqlite: () => import('./sqlite.js'),
  level: () => import('./level.js'),
  hypercore: () => import('./hypercore.js'),
};

/** A log that only grows is begun anew when so many bytes are in it. */
const GROWS_TO = 256 * 2 ** 20;

class Workplace {
  readonly #order: Order;
  readonly #subject: Subject;
  #log: SubjectLog;
  #bytes = 0;
  #data: Uint8Array = new Uint8Array();

  private constructor(order: Order, subject: Subject, log: SubjectLog) {
    this.#order = order;
    this.#subject = subject;
    this.#log = log;
  }

  /** Also returns what opening took. */
  static async open(order: Order): Promise<{ readonly place: Workplace; readonly opened: Round }> {
    const load = SUBJECTS[order.subject];
    if (load === undefined) throw new Error(`there is no subject ${order.subject}`);
    const { subject } = await load();
    await subject.load?.();
    mkdirSync(order.directory, { recursive: true });
    let log: SubjectLog | undefined;
    const opened = await probedAsync(async () => {
      log = await subject.open(order.directory, order.setting);
    });
    return { place: new Workplace(order, subject, log as SubjectLog), opened };
  }

  /** What is long, or waits for a disk most of its time, is no round with probes. */
  async work(job: Job): Promise<number | number[] | Round> {
    if (job.what === 'close') {
      await this.#log.close();
      return 0;
    }
    if (job.what === 'reopen') return this.#reopen();
    if (job.what === 'memory') return memory();
    if (job.what === 'scan') return this.#scan(job.reverse, job.entries);
    if (job.what === 'get') return this.#get(job.count, job.entries);
    if (this.#data.length !== job.size) this.#data = randomBytes(job.size);
    if (job.what === 'fill') return timedAsync(() => this.#need('fill')(this.#data, job.count));
    await this.#makeRoom(job.size, 'groups' in job ? job.inFlight * job.groups : job.count);
    if (job.what === 'many') {
      return probedAsync(() => this.#need('appendMany')(this.#data, job.inFlight, job.groups));
    }
    if (job.what === 'buffered')
      return probedAsync(() => this.#need('appendBuffered')(this.#data, job.count));
    if (job.what === 'latencies') return this.#latencies(job.count, job.inFlight);
    return this.#each(job.count);
  }

  #need<K extends keyof SubjectLog>(name: K): NonNullable<SubjectLog[K]> {
    const method = this.#log[name];
    if (method === undefined) throw new Error(`${this.#order.subject} has no ${name}`);
    return method as NonNullable<SubjectLog[K]>;
  }

  async #makeRoom(size: number, count: number): Promise<void> {
    const bytes = strideOf(size) * count;
    if (this.#log.renew !== undefined) return this.#log.renew(bytes);
    this.#bytes += bytes;
    if (this.#bytes < GROWS_TO) return;
    const { directory, setting } = this.#order;
    await this.#log.close();
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    this.#log = await this.#subject.open(directory, setting);
    this.#bytes = bytes;
  }

  async #reopen(): Promise<Round> {
    const { directory, setting } = this.#order;
    await this.#log.close();
    return probedAsync(async () => {
      this.#log = await this.#subject.open(directory, setting);
    });
  }

  /** A log whose appends block is not asked to wait for them. */
  async #each(count: number): Promise<number> {
    const append = this.#need('append');
    const data = this.#data;
    const begin = process.hrtime.bigint();
    for (let i = 0; i < count; i++) {
      const appended = append(data);
      if (appended !== undefined) await appended;
    }
    return Number(process.hrtime.bigint() - begin);
  }

  async #latencies(count: number, inFlight: number): Promise<number[]> {
    const times: number[] = [];
    const data = this.#data;
    const append = inFlight === 1 ? this.#need('append') : this.#need('appendBeside');
    const lane = async (): Promise<void> => {
      for (let i = 0; i < count / inFlight; i++) {
        const begin = process.hrtime.bigint();
        const appended = append(data);
        if (appended !== undefined) await appended;
        times.push(Number(process.hrtime.bigint() - begin));
      }
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
    return times;
  }

  async #scan(reverse: boolean, entries: number): Promise<number> {
    const begin = process.hrtime.bigint();
    const found = await this.#need('scan')(reverse);
    const time = Number(process.hrtime.bigint() - begin);
    if (found !== entries) throw new Error(`${this.#order.subject} read ${found} of ${entries} entries`);
    return time;
  }

  async #get(count: number, entries: number): Promise<Round> {
    const numbers = randomOrder(count, entries);
    let found = 0;
    const round = await probedAsync(async () => {
      found = await this.#need('get')(numbers);
    });
    if (found !== count) throw new Error(`${this.#order.subject} found ${found} of ${count} entries`);
    return round;
  }
}

/** Bytes, of the kinds of `MEMORY`. */
function memory(): number[] {
  global.gc?.();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  const anonymous = /RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  return [rss, anonymous === undefined ? Number.NaN : Number(anonymous) * 1024, heapUsed, arrayBuffers];
}

function answerFor(done: number | number[] | Round): Answer {
  if (typeof done === 'number' || Array.isArray(done)) return { value: done };
  const { time, probe } = done;
  return probe === undefined ? { value: time } : { value: time, probe: probe.time };
}

async function run(): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? '{}') as Order;
  const answer = (message: Answer): void => {
    process.send?.(message);
  };
  const attempt = async (work: () => Promise<number | number[] | Round>): Promise<void> => {
    try {
      answer(answerFor(await work()));
    } catch (error) {
      answer({ problem: error instanceof Error ? error.message : String(error) });
    }
  };
  let place: Workplace | undefined;
  await attempt(async () => {
    const opened = await Workplace.open(order);
    place = opened.place;
    return opened.opened;
  });
  process.on('message', (job: Job) => attempt(async () => place?.work(job) ?? 0));
  process.once('disconnect', () => process.exit());
}

await run();
