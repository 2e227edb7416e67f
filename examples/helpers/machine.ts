// A machine whose power can fail: what examples are tried on. Nothing of it is needed to use what they show.
import { Stream } from 'varve';
import { SimulatedMedium } from 'varve/testing';

const SECTOR = 512;
const SECTORS = { granularity: SECTOR } as const;

/** Where bytes are changed in place. */
export interface Disk {
  read(at: number, length: number): Uint8Array;
  write(at: number, bytes: Uint8Array): void;
  /** Returns once everything written is durable. */
  sync(): void;
}

/** A medium for a stream, and a disk beside it that tears what it writes at sectors. Both stop after a number of steps. */
export class Machine implements Disk {
  readonly medium: SimulatedMedium;
  readonly #durable: Uint8Array;
  /** Sectors that were written and not synced: a power cut takes some of them. */
  readonly #cache = new Map<number, Uint8Array>();
  #stepsLeft: number;

  constructor(
    stepsLeft = Number.POSITIVE_INFINITY,
    medium = new SimulatedMedium('64KiB', SECTORS),
    disk = new Uint8Array(16 * 1024),
  ) {
    this.#stepsLeft = stepsLeft;
    this.medium = medium;
    this.#durable = disk;
    medium.onDrain = () => this.#step();
  }

  get hasPower(): boolean {
    return this.#stepsLeft > 0;
  }

  read(at: number, length: number): Uint8Array {
    const bytes = this.#durable.slice();
    for (const [offset, sector] of this.#cache) bytes.set(sector, offset);
    return bytes.subarray(at, at + length);
  }

  write(at: number, bytes: Uint8Array): void {
    const end = at + bytes.length;
    for (let offset = at - (at % SECTOR); offset < end; offset += SECTOR) {
      this.#step();
      const sector = this.read(offset, SECTOR).slice();
      const from = Math.max(at, offset);
      sector.set(bytes.subarray(from - at, Math.min(end, offset + SECTOR) - at), from - offset);
      this.#cache.set(offset, sector);
    }
  }

  sync(): void {
    this.#step();
    for (const [offset, sector] of this.#cache) this.#durable.set(sector, offset);
    this.#cache.clear();
  }

  /** Machines with what a power cut at this moment may have left: of what was not synced some at random, all or nothing. */
  *afterPowerCut(): Generator<Machine> {
    let seed = this.#cache.size + 1;
    const toss = () => {
      seed = (seed * 48_271) % 0x7fffffff;
      return seed % 2 === 0;
    };
    for (const image of this.medium.crashImages({ most: 4 })) {
      for (const keeps of [() => true, toss]) {
        const disk = this.#durable.slice();
        for (const [offset, sector] of this.#cache) if (keeps()) disk.set(sector, offset);
        yield new Machine(undefined, SimulatedMedium.fromImage(image, SECTORS), disk);
        if (this.#cache.size === 0) break;
      }
    }
  }

  /** Nobody looks at it any more: what its stream still does when the program ends is of no interest. */
  scrap(): void {
    this.medium.onDrain = undefined;
  }

  #step(): void {
    if (this.#stepsLeft <= 0) throw new Error('the power failed');
    this.#stepsLeft -= 1;
  }
}

/**
 * Does the work again and again, cuts the power at each of its steps once, and has every state judged that may be left.
 *
 * @param work calls `acknowledge` whenever something has become durable that must not be lost
 * @param judge is told how often that was
 */
export async function cutPowerEverywhere(
  work: (machine: Machine, acknowledge: () => void) => Promise<void>,
  judge: (machine: Machine, acknowledged: number) => Promise<void>,
): Promise<string> {
  const fresh = await emptyStream();
  let [cuts, restarts] = [0, 0];
  for (let finished = false; !finished; cuts += 1) {
    const machine = new Machine(cuts, SimulatedMedium.fromImage(fresh, SECTORS));
    let acknowledged = 0;
    try {
      await work(machine, () => {
        acknowledged += 1;
      });
    } catch (error) {
      if (machine.hasPower) throw error;
    }
    finished = machine.hasPower;
    for (const left of machine.afterPowerCut()) {
      await judge(left, acknowledged);
      restarts += 1;
    }
    machine.scrap();
  }
  return `power cut at ${cuts} points, ${restarts} restarts`;
}

/** Creating a stream is not what is tried: a file shows its name only once the stream in it is whole. */
async function emptyStream(): Promise<Uint8Array> {
  const medium = new SimulatedMedium('64KiB', SECTORS);
  await (await Stream.open(medium, { blockSize: 512 })).close();
  const [image] = medium.crashImages();
  return image as Uint8Array;
}
