import type { Command } from 'commander';
import { formatSize } from '../base/sizes.js';
import type { Region, Stream } from '../index.js';
import {
  type CommonOptions,
  type GrowthOptions,
  growthOf,
  sizeOption,
  withCommonOptions,
  withMaxSize,
} from './options.js';
import { print } from './output.js';
import { findRegion, labelOf, withStream } from './target.js';

/** `varve regions`: lists, allocates, frees and clears. */
export function addRegions(program: Command): void {
  const regions = program
    .command('regions')
    .summary('list, allocate, free and clear regions')
    .description('Lists, allocates, frees and clears the regions of a stream.');
  addList(regions);
  addAllocate(regions);
  addChange(
    regions,
    'free',
    'Free a region: its entries are gone, its space is for other regions.',
    'freed',
    (region) => region.free(),
  );
  addChange(
    regions,
    'clear',
    'Empty a region: its entries are gone, the region stays.',
    'cleared',
    (region) => region.clear(),
  );
}

function addList(regions: Command): void {
  const command = regions
    .command('list')
    .description('List the regions, in order of allocation.')
    .argument('<stream>', 'path of the stream')
    .addHelpText('after', '\nExample:\n  varve regions list orders.varve');
  withCommonOptions(command, 'write an array as JSON').action(
    async (path: string, options: CommonOptions) => {
      const found = await withStream(path, { medium: options.medium, readOnly: true }, listOf);
      await print(options.json ? [JSON.stringify(found)] : found.map(inWords));
    },
  );
}

function addAllocate(regions: Command): void {
  const command = regions
    .command('allocate')
    .description('Allocate a region.')
    .argument('<stream>', 'path of the stream')
    .argument('<size>', "bytes, or a size like '16MiB'; rounded up to whole blocks", sizeOption)
    .argument('[name]', 'name of the region, unique in the stream')
    .addHelpText('after', '\nExample:\n  varve regions allocate orders.varve 16MiB orders');
  withMaxSize(command);
  withCommonOptions(command, 'write the region as JSON').action(
    async (path: string, size: number, name: string | undefined, options: CommonOptions & GrowthOptions) => {
      const { medium, json } = options;
      const made = await withStream(path, { medium, ...growthOf(options) }, async (stream) =>
        factsOf(await stream.allocate(size, name === undefined ? {} : { name })),
      );
      await print([json ? JSON.stringify(made) : `allocated ${inWords(made).trimStart()}`]);
    },
  );
}

function addChange(
  regions: Command,
  verb: string,
  description: string,
  done: string,
  change: (region: Region) => Promise<void>,
): void {
  const command = regions
    .command(verb)
    .description(description)
    .argument('<stream>', 'path of the stream')
    .argument('<region>', 'name or id of the region')
    .addHelpText('after', `\nExample:\n  varve regions ${verb} orders.varve orders`);
  withCommonOptions(command, 'write the region as JSON').action(
    async (path: string, key: string, { medium, json }: CommonOptions) => {
      const { facts, label } = await withStream(path, { medium }, async (stream) => {
        const region = findRegion(stream, key);
        const before = { facts: factsOf(region), label: labelOf(region) };
        await change(region);
        return before;
      });
      await print([json ? JSON.stringify({ id: facts.id, name: facts.name }) : `${done} ${label}`]);
    },
  );
}

interface RegionFacts {
  id: number;
  name: string | undefined;
  offset: number;
  size: number;
  available: number;
}

async function listOf(stream: Stream): Promise<RegionFacts[]> {
  return Array.from(stream.regions(), factsOf);
}

function factsOf({ id, name, offset, size, available }: Region): RegionFacts {
  return { id, name, offset, size, available };
}

function inWords({ id, name, size, available }: RegionFacts): string {
  const title = `${String(id).padStart(4)}  ${name ?? ''}`.trimEnd();
  return `${title}  ${formatSize(size)}, room for ${formatSize(available)}`;
}
