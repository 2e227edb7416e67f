import type { Command } from 'commander';
import { formatSize } from '../base/sizes.js';
import { Stream } from '../index.js';
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
  if (json) {
    await print(JSON.stringify(report));
  } else {
    const problems = report.problems.map(({ code, message }) => `  ${message} (${code})`);
    const contents = `${counted(report.regions, 'region', 'regions')}, ${counted(report.entries, 'entry', 'entries')}`;
    const verdict = report.ok ? 'well' : counted(problems.length, 'problem', 'problems');
    await print(`${path}: ${verdict}: ${contents}, ${formatSize(report.bytes)}`, ...problems);
  }
  if (!report.ok) throw new Failed();
}
