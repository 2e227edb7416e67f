import type { Command } from 'commander';
import { formatSize } from '../base/sizes.js';
import { type ConsumerInfo, VarveError } from '../index.js';
import { counted } from './meter.js';
import { type CommonOptions, withCommonOptions } from './options.js';
import { print } from './output.js';
import { withStream } from './target.js';

/** `varve consumers`: who reads a log, and how far they are. */
export function addConsumers(program: Command): void {
  const command = program
    .command('consumers')
    .summary('list the consumers of a log')
    .description('Lists the consumers of a log, how far each is, and how much is left for it.')
    .argument('<stream>', 'path of the stream')
    .argument('<log>', 'name of the log')
    .addHelpText('after', '\nExample:\n  varve consumers orders.varve orders');
  withCommonOptions(command, 'write an array as JSON').action(list);
}

async function list(path: string, name: string, { medium, json }: CommonOptions): Promise<void> {
  const found = await withStream(path, { medium, readOnly: true }, async (stream) => {
    if (stream.logs().includes(name)) return (await stream.log(name)).consumers();
    const names = stream.logs();
    const known = names.length === 0 ? 'the stream has no logs' : `there are ${names.join(', ')}`;
    throw new VarveError('VARVE_NOT_FOUND', `Cannot find the log '${name}': ${known}`);
  });
  await print(json ? [JSON.stringify(found)] : found.map(inWords));
}

function inWords({ name, position, lag, lagBytes, protect }: ConsumerInfo): string {
  const left = `${counted(lag, 'entry', 'entries')} to come, ${formatSize(lagBytes)}`;
  // Nothing in a name is to steer a terminal.
  const shown = name.replace(/\p{C}/gu, '.');
  return `${shown}  up to timestamp ${position}, ${left}${protect ? ', protected' : ''}`;
}
