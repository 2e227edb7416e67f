import type { Command } from 'commander';
import { formatSize } from '../base/sizes.js';
import { Stream } from '../index.js';
import {
  type CommonOptions,
  type GrowthOptions,
  growthOf,
  sizeOption,
  withCommonOptions,
  withMaxSize,
} from './options.js';
import { print } from './output.js';

interface CreateOptions extends CommonOptions, GrowthOptions {
  size: number;
  blockSize?: number;
}

/** `varve create`: makes an empty stream. */
export function addCreate(program: Command): void {
  const command = program
    .command('create')
    .summary('make an empty stream')
    .description('Makes an empty stream in a new file, or on a block device that holds none.')
    .argument('<stream>', 'path of the file or device')
    .requiredOption('--size <size>', "bytes, or a size like '64MiB'", sizeOption)
    .option('--block-size <size>', 'what regions are aligned to: a power of two from 64', sizeOption)
    .addHelpText('after', '\nExample:\n  varve create orders.varve --size 64MiB');
  withMaxSize(command);
  withCommonOptions(command, 'write what was made as JSON').action(create);
}

async function create(
  path: string,
  { size, blockSize, medium, json, ...growth }: CreateOptions,
): Promise<void> {
  const block = blockSize === undefined ? {} : { blockSize };
  const options = { mode: 'create', size, medium, ...block, ...growthOf(growth) } as const;
  const stream = await Stream.open(path, options);
  const made = {
    path,
    size: stream.size,
    blockSize: stream.blockSize,
    available: stream.available,
    medium: stream.medium.kind,
  };
  await stream.close();
  const words = `created ${path}: ${formatSize(made.size)} on ${made.medium}, ${formatSize(made.available)} for regions`;
  await print([json ? JSON.stringify(made) : words]);
}
