import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseSize } from '../base/sizes.js';
import type { StreamOptions } from '../index.js';

/** What every command takes. */
export interface CommonOptions {
  medium: NonNullable<StreamOptions['medium']>;
  json?: true;
}

/** Adds the options that every command takes; `json` says in the help what becomes of the output. */
export function withCommonOptions(command: Command, json: string): Command {
  return command
    .addOption(
      new Option('--medium <kind>', 'how to open the file')
        .choices(['auto', 'pmem', 'page-cache', 'file'])
        .default('auto'),
    )
    .option('--json', json);
}

/** What commands take that may need more room in a stream. */
export interface GrowthOptions {
  maxSize?: number;
}

/** Adds the option that lets a stream grow. */
export function withMaxSize(command: Command): Command {
  return command.option(
    '--max-size <size>',
    'let the stream grow up to this size where it has no room',
    sizeOption,
  );
}

/** The option as `Stream.open` takes it. */
export function growthOf({ maxSize }: GrowthOptions): GrowthOptions {
  return maxSize === undefined ? {} : { maxSize };
}

/** Reads a size given as bytes ('4096') or with a unit ('64MiB'). Commander tells the user which option was wrong. */
export function sizeOption(text: string): number {
  try {
    return parseSize(/^\d+$/.test(text) ? Number(text) : text, 'a size');
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : '');
  }
}

/** Reads a whole number from 0 to 2^53 - 1. */
export function countOption(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count)) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return count;
}
