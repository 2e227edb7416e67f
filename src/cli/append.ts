import type { Command } from 'commander';
import { type Region, type Stream, VarveError } from '../index.js';
import { type Framing, splitterFor } from '../stream/framing.js';
import { withFraming } from './framing.js';
import { standardInput } from './input.js';
import { counted, Meter } from './meter.js';
import {
  type CommonOptions,
  type GrowthOptions,
  growthOf,
  sizeOption,
  withCommonOptions,
  withMaxSize,
} from './options.js';
import { Pacer } from './pacer.js';
import { findRegion, labelOf, lookUp, withStream } from './target.js';

interface AppendOptions extends CommonOptions, GrowthOptions {
  framing: Framing;
  allocate?: number;
}

/** `varve append`: standard input becomes entries. */
export function addAppend(program: Command): void {
  const command = program
    .command('append')
    .summary('append what comes in on standard input')
    .description(
      'Appends what comes in on standard input to a region. When it ends well, all of it is durable.',
    )
    .argument('<stream>', 'path of the stream')
    .argument('[region]', 'name or id of the region; the only one if left out')
    .option('--allocate <size>', 'make the region, of this size, if it is not there', sizeOption);
  withMaxSize(command);
  withFraming(command, 'all of the input is one entry');
  command.addHelpText(
    'after',
    `
Examples:
  journalctl -f | varve append logs.varve journal
  dmesg | varve append logs.varve kernel --allocate 16MiB`,
  );
  withCommonOptions(command, 'write the summary as JSON').action(append);
}

async function append(path: string, key: string | undefined, options: AppendOptions): Promise<void> {
  const meter = new Meter();
  const label = await withStream(path, { medium: options.medium, ...growthOf(options) }, async (stream) => {
    const region = await regionFor(stream, key, options.allocate);
    try {
      await appendAll(stream, region, options.framing, meter);
    } catch (error) {
      throw await afterwards(stream, error, meter);
    } finally {
      meter.clear();
    }
    return labelOf(region);
  });
  const summary = options.json
    ? JSON.stringify(meter)
    : `varve: appended to ${label} and persisted: ${meter}`;
  process.stderr.write(`${summary}\n`);
}

async function regionFor(stream: Stream, key: string | undefined, size: number | undefined): Promise<Region> {
  const [there] = key === undefined ? stream.regions() : [lookUp(stream, key)];
  if (size === undefined || there !== undefined) return findRegion(stream, key);
  return stream.allocate(size, key === undefined ? {} : { name: key });
}

/** Appends all of standard input. The medium holds the input back: never much is read that is not durable yet. */
async function appendAll(stream: Stream, region: Region, framing: Framing, meter: Meter): Promise<void> {
  const splitter = splitterFor(framing, {
    take: (entry) => {
      region.appendSync(entry, { until: 'committed' });
      meter.add(entry.byteLength);
    },
    largest: () => region.available,
  });
  const pacer = new Pacer(stream);
  for await (const chunk of standardInput()) {
    splitter.push(chunk);
    await pacer.keepUp(meter.bytes);
  }
  splitter.end();
  await pacer.finish();
}

/** The error to tell, with what became of the entries before it. */
async function afterwards(stream: Stream, error: unknown, meter: Meter): Promise<unknown> {
  if (!(error instanceof VarveError)) return error;
  try {
    await stream.persist();
  } catch {
    return error;
  }
  const taken = `${counted(meter.entries, 'entry was', 'entries were')} taken before that, all of them durable`;
  return new VarveError(error.code, `${error.message}; ${taken}`, { cause: error });
}
