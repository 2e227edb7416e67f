// A write buffer: takes writes as fast as its medium makes them durable, and carries them to slow storage behind that. Nothing is lost and nothing comes
// twice, although the process is killed again and again.
//
// What is durable when: `write` resolves once the write is durable in the log. How fast that is, the medium says: on persistent memory less than a microsecond;
// here, `pmem` by name, as fast, and proof against `kill -9`, but not against a power cut; on a disk (leave `medium` out) one sync for all writes under way.
// When the buffer is full, writes wait until the slow side has made room.
//
// Nothing lost: the consumer's position moves only when the slow side has synced, and what it has not acknowledged is not trimmed. Nothing twice: the slow side
// stores the timestamp of each entry with the entry, so what it holds is its true position, even if the acknowledgement was lost. And it takes only what is
// persisted: of an entry that a crash took back it would otherwise keep what then comes again under another timestamp.
import { spawn } from 'node:child_process';
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Consumer, type Entry, type Log, Stream } from 'varve';
import { isMain } from './helpers/main.js';
import { scratchPath } from './helpers/scratch.js';

const [LINE_MAX, AT_ONCE] = [1024, 64]; // bytes of a line, entries that the slow side takes at a time
const [NUMBERS, KILLS] = [6000, 3];

/** The slow side: a file of lines, each of which begins with its timestamp. */
export class SlowStorage {
  readonly #file: number;
  #size: number;
  /** The timestamp of the last entry that it holds. */
  position: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a+');
    const { size } = fstatSync(this.#file);
    const tail = Buffer.alloc(Math.min(size, 2 * LINE_MAX));
    readSync(this.#file, tail, 0, tail.length, size - tail.length);
    const whole = tail.lastIndexOf('\n') + 1; // what stands behind the last line was not written to the end
    this.#size = size - tail.length + whole;
    ftruncateSync(this.#file, this.#size);
    this.position = Number.parseInt(tail.toString('utf8', 0, whole).trimEnd().split('\n').at(-1) || '0', 10);
  }

  write(entries: readonly Entry[]): void {
    writeSync(this.#file, entries.map((entry) => `${entry.timestamp} ${entry.text()}\n`).join(''));
    fdatasyncSync(this.#file);
    this.position = entries.at(-1)?.timestamp ?? this.position;
  }

  close(): void {
    closeSync(this.#file);
  }
}

export class WriteBuffer {
  readonly #stream: Stream;
  readonly #log: Log;
  readonly #consumer: Consumer;
  readonly #slow: SlowStorage;
  readonly #offloading: Promise<void>;
  #isClosing = false;

  private constructor(stream: Stream, log: Log, consumer: Consumer, slow: SlowStorage) {
    this.#stream = stream;
    this.#log = log;
    this.#consumer = consumer;
    this.#slow = slow;
    this.#offloading = this.#offload();
  }

  static async open(stream: Stream, slow: SlowStorage): Promise<WriteBuffer> {
    const log = await stream.log('writes', { segmentSize: '16KiB', whenFull: 'wait' });
    const consumer = await log.consumer('slow storage', { protect: true });
    if (slow.position > consumer.position) await consumer.ack(slow.position); // the acknowledgement was lost
    return new WriteBuffer(stream, log, consumer, slow);
  }

  /** What was written last, as long as it is in the buffer. */
  get last(): string | undefined {
    const [entry] = this.#log.entries({ reverse: true });
    return entry?.text();
  }

  write(data: string): Promise<Entry> {
    return this.#log.append(data);
  }

  /** Resolves once the slow side holds everything. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#consumer.lag === 0) await this.#consumer.close();
    await this.#offloading;
  }

  async #offload(): Promise<void> {
    let batch: Entry[] = [];
    for await (const entry of this.#consumer) {
      batch.push(entry);
      if (batch.length < AT_ONCE && entry.timestamp < this.#log.last) continue;
      await this.#stream.whenPersisted(entry.timestamp);
      this.#slow.write(batch);
      await this.#consumer.ack(entry);
      await this.#log.trim({ before: entry.timestamp }); // the last one stays: it says where to go on
      batch = [];
      if (this.#isClosing && this.#consumer.lag === 0) break;
    }
  }
}

/** Writes numbers, each one more than what the buffer has last, and says which of them are durable. */
async function produce(streamPath: string, slowPath: string): Promise<void> {
  const options = { size: '256KiB' };
  const onDisk = () => Stream.open(streamPath, options); // where the addon is missing
  const stream = await Stream.open(streamPath, { ...options, medium: 'pmem' }).catch(onDisk);
  const buffer = await WriteBuffer.open(stream, new SlowStorage(slowPath));
  const underWay = [];
  for (let number = 1 + Number(buffer.last ?? 0); number <= NUMBERS; number += 1) {
    underWay.push(buffer.write(`${number}`).then(() => console.log(number)));
    if (underWay.length >= 100) await underWay.shift();
  }
  await Promise.all(underWay);
  await buffer.close();
  await stream.close();
}

/** Runs a producer, and kills it once it has said so much. Returns the last number that it has called durable. */
async function runUntil(paths: readonly string[], durable: number, killAt: number): Promise<number> {
  const program = [...process.execArgv, fileURLToPath(import.meta.url), ...paths];
  const producer = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: producer.stdout })) {
    if (Number(line) <= durable) throw new Error(`${line} was durable, and is lost`);
    durable = Number(line);
    if (durable >= killAt) producer.kill('SIGKILL');
  }
  return durable;
}

const [streamPath, slowPath] = process.argv.slice(2);
if (!isMain(import.meta.url)) {
  // A test uses the classes.
} else if (streamPath !== undefined && slowPath !== undefined) {
  await produce(streamPath, slowPath);
} else {
  const paths = [scratchPath('buffer.varve'), scratchPath('slow.txt')];
  let durable = 0;
  for (let kill = 1; kill <= KILLS; kill += 1)
    durable = await runUntil(paths, durable, (kill * NUMBERS) / (KILLS + 1));
  await runUntil(paths, durable, Number.POSITIVE_INFINITY);
  const lines = readFileSync(paths[1] ?? '', 'utf8')
    .trimEnd()
    .split('\n');
  const wrong = lines.findIndex((line, index) => line.split(' ')[1] !== `${index + 1}`);
  console.log(
    `killed ${KILLS} times; of ${NUMBERS} numbers ${lines.length} arrived, ${wrong < 0 ? 'each' : 'not each'} once and in order`,
  );
}
