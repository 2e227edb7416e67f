import type { Command } from 'commander';
import { formatSize } from '../base/sizes.js';
import { type CheckReport, Stream } from '../index.js';
import { Failed } from './failure.js';
import { counted, terminalProgress } from './meter.js';
import { type CommonOptions, withCommonOptions } from './options.js';
import { print } from './output.js';

/** `varve check`: reads everything and tells what is damaged. */
export function addCheck(program: Command): void {
  const command = program
    .command('check')
    .summary('read everything and tell what is damaged')
    .description(
      'Reads every byte that is meant to mean something, changes nothing, and tells what is damaged.',
    )
    .argument('<stream>', 'path of the stream')
    .addHelpText(
      'after',
      '\nExit code 1 tells that something is damaged.\n\nExample:\n  varve check orders.varve',
    );
  withCommonOptions(command, 'write the report as JSON').action(check);
}

async function check(path: string, { medium, json }: CommonOptions): Promise<void> {
  const report = await Stream.check(path, { medium, ...terminalProgress() });
  await print(json ? [JSON.stringify(report)] : inWords(path, report));
  if (!report.ok) throw new Failed();
}

function inWords(path: string, { ok, regions, entries, bytes, problems }: CheckReport): string[] {
  const verdict = ok ? 'well' : counted(problems.length, 'problem', 'problems');
  const contents = `${counted(regions, 'region', 'regions')}, ${counted(entries, 'entry', 'entries')}`;
  const details = problems.map(({ code, message }) => `  ${message} (${code})`);
  return [`${path}: ${verdict}: ${contents}, ${formatSize(bytes)}`, ...details];
}
