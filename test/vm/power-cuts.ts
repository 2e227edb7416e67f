import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Random, seededRandom } from '../../src/testing/random.js';
import { BERTHS, type GuestOrder, layOut, MOUNTS } from './berths.js';
import { makeImage } from './image.js';
import { Logbook } from './logbook.js';
import { Machine, type Parts } from './machine.js';
import type { Tools } from './tools.js';

/** Processors that differ in what there is to flush a line and to compute a checksum with. */
const PROCESSORS = ['max', 'max,-clwb', 'max,-clwb,-clflushopt', 'max,-clwb,-clflushopt,-sse4.2'] as const;

/** A machine that loses its power again and again, and what is known of its streams. */
export class PowerCuts {
  /** How often what was done; `flushed by …` counts the boots with each instruction. */
  readonly tally: Record<string, number> = { boots: 0, cuts: 0, cutsOpening: 0 };
  /** The machine's disks. */
  readonly directory = mkdtempSync(join(tmpdir(), 'varve-vm-'));
  readonly #random: Random;
  readonly #parts: Omit<Parts, 'cpu'>;
  readonly #logbooks = new Map(BERTHS.map((berth) => [berth.name, new Logbook(berth)]));
  #run = 0;

  constructor(tools: Tools, seed: number) {
    this.#random = seededRandom(seed);
    const image = join(this.directory, 'initramfs');
    const stage = join(this.directory, 'stage');
    mkdirSync(stage);
    makeImage(tools, stage, image);
    rmSync(stage, { recursive: true });
    this.#parts = { tools, image, console: join(this.directory, 'console'), ...layOut(this.directory) };
  }

  /** Removes all files. */
  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Boots, looks at the streams that chance picks, writes to all, and cuts the power at any moment. */
  async cut(): Promise<void> {
    const opening = this.#run > 0 && this.#random(3) === 0;
    const looks = this.#created().filter(() => this.#random(3) > 0);
    const lines = await this.#boot({ looks, writes: true }, async (machine) => {
      if (opening) this.#count('cutsOpening');
      else await this.#allTold(machine, '(opened|failed .*)$');
      await delay((this.#random(1000) / 1000) ** 2 * 4000);
    });
    for (const line of lines) this.#read(line);
  }

  /** Boots and compares every stream with its ledger. */
  async look(): Promise<void> {
    for (const line of await this.#bootToLook()) this.#read(line);
  }

  /** As `cut`, but what is called a sync does nothing. */
  async cutWithoutSyncs(): Promise<void> {
    const lines = await this.#boot({ looks: [], writes: true, withoutSyncs: true }, async (machine) => {
      await this.#allTold(machine, 'a ');
      await delay(1000);
    });
    for (const line of lines) this.#read(line);
  }

  /** As `look`, but returns the names of the streams that are not as they should be. */
  async losses(): Promise<string[]> {
    const lost = new Set<string>();
    for (const line of await this.#bootToLook()) {
      const name = line.slice(0, line.indexOf(' '));
      try {
        if (!lost.has(name)) this.#read(line);
      } catch {
        lost.add(name);
      }
    }
    return [...lost];
  }

  #bootToLook(): Promise<string[]> {
    return this.#boot({ looks: this.#created(), writes: false }, (machine) =>
      machine.told(/^machine done$/m),
    );
  }

  async #allTold(machine: Machine, what: string): Promise<void> {
    for (const { name } of BERTHS) await machine.told(new RegExp(`^${name} ${what}`, 'm'));
  }

  #created(): string[] {
    return BERTHS.map(({ name }) => name).filter((name) => this.#logbooks.get(name)?.created);
  }

  async #boot(
    order: Pick<GuestOrder, 'looks' | 'writes'> & { withoutSyncs?: boolean },
    until: (machine: Machine) => Promise<void>,
  ): Promise<string[]> {
    const run = ++this.#run;
    const cpu = PROCESSORS[run % PROCESSORS.length] ?? 'max';
    const machine = new Machine({ ...this.#parts, cpu });
    try {
      await machine.told(/^machine up$/m);
      const seed = this.#random(2 ** 32);
      machine.send(
        JSON.stringify({ withoutSyncs: false, ...order, run, seed, mounts: MOUNTS, berths: BERTHS }),
      );
      await machine.told(/^machine mounted$/m);
      await until(machine);
    } finally {
      await machine.cut();
    }
    this.#count('boots');
    if (order.writes) this.#count('cuts');
    return machine.take();
  }

  /** Takes a line of the machine's program. Throws if it tells of something that must not be. */
  #read(line: string): void {
    const space = line.indexOf(' ');
    const [name, rest] = [line.slice(0, space), line.slice(space + 1)];
    const logbook = this.#logbooks.get(name);
    if (logbook !== undefined) logbook.read(this.#run, rest, (what, count) => this.#count(what, count));
    else if (rest.startsWith('features ')) this.#count(`boots with ${rest.slice(9)}`);
    else assert.equal(name, 'machine', `not a line of the program: ${line}`);
  }

  #count(what: string, count = 1): void {
    this.tally[what] = (this.tally[what] ?? 0) + count;
  }
}
