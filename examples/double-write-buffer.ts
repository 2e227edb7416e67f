// A double-write buffer: pages of a file that are changed in place, and are never found torn.
//
// A page is larger than what a disk writes atomically. Power that fails in the middle of a write leaves a page that is partly new and partly
// old, which no log of changes can mend. So each page goes into a log first, whole, and is written in place only when it is durable there.
// After a crash the pages of the log are written once more: a torn one is whole again.
//
// What is durable when: `write` resolves once its pages are durable in the log, all of them or, after a crash before that, none. In place they are durable
// before the log is cleared. The log is as large as what is to be written at a time; every page is written twice, that is the price.
import { type Region, Stream } from 'varve';
import { cutPowerEverywhere, type Disk, type Machine } from './helpers/machine.js';
import { isMain } from './helpers/main.js';

const PAGE = 2048;

export class DoubleWriteBuffer {
  readonly #log: Region;
  readonly #disk: Disk;

  private constructor(log: Region, disk: Disk) {
    this.#log = log;
    this.#disk = disk;
  }

  /** Opens the buffer, and repairs what a crash has torn. */
  static async open(stream: Stream, disk: Disk): Promise<DoubleWriteBuffer> {
    const log = stream.region('double-write') ?? (await stream.allocate('24KiB', { name: 'double-write' }));
    const buffer = new DoubleWriteBuffer(log, disk);
    await buffer.#flush();
    return buffer;
  }

  read(page: number): Uint8Array {
    return this.#disk.read(page * PAGE, PAGE);
  }

  /** Writes pages, all or none of them. Resolves once they survive a crash. */
  async write(pages: ReadonlyMap<number, Uint8Array>): Promise<void> {
    const parts = [...pages].flatMap(([page, bytes]) => [Uint32Array.of(page, 0), bytes]);
    const size = pages.size * (PAGE + 8);
    if (this.#log.available < size) await this.#flush(); // what is in it is durable in place from then on
    await this.#log.appendv(parts); // one entry: atomic and durable
    this.#writeInPlace(
      Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))),
    );
  }

  /** Makes durable in place what is in the log, which is not needed any more then. */
  async #flush(): Promise<void> {
    for (const entry of this.#log) this.#writeInPlace(entry.data);
    this.#disk.sync();
    await this.#log.clear();
  }

  #writeInPlace(logged: Uint8Array): void {
    const { buffer, byteOffset, byteLength } = logged;
    const view = new DataView(buffer, byteOffset, byteLength);
    for (let at = 0; at < byteLength; at += 8 + PAGE) {
      this.#disk.write(view.getUint32(at, true) * PAGE, logged.subarray(at + 8, at + 8 + PAGE));
    }
  }
}

/** Pages 0 to 2 are always written together, page 3 now and then. */
async function work(machine: Machine, acknowledge: () => void): Promise<void> {
  const stream = await Stream.open(machine.medium);
  const buffer = await DoubleWriteBuffer.open(stream, machine);
  for (let version = 1; version <= 5; version += 1) {
    const pages = [0, 1, 2, ...(version % 2 === 0 ? [3] : [])];
    await buffer.write(new Map(pages.map((page) => [page, new Uint8Array(PAGE).fill(version)])));
    acknowledge();
  }
  await stream.close();
}

/** The version of a page, if it is whole. */
function versionOf(page: Uint8Array): number | undefined {
  return page.every((byte) => byte === page[0]) ? page[0] : undefined;
}

if (isMain(import.meta.url)) {
  let torn = 0;
  const judge = async (machine: Machine, acknowledged: number) => {
    const found = [0, 1, 2, 3].map((page) => versionOf(machine.read(page * PAGE, PAGE)));
    if (found.includes(undefined)) torn += 1;
    const stream = await Stream.open(machine.medium);
    const buffer = await DoubleWriteBuffer.open(stream, machine);
    const [one, two, three, now = -1] = [0, 1, 2, 3].map((page) => versionOf(buffer.read(page)));
    if (one === undefined || one !== two || one !== three)
      throw new Error('pages of different writes, or torn');
    if (one < acknowledged || now < 0) throw new Error(`write ${acknowledged} is lost`);
    await stream.close();
  };
  console.log(await cutPowerEverywhere(work, judge));
  console.log(`${torn} of them found torn pages, and none has any left`);
}
