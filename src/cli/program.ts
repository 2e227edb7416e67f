import { createRequire } from 'node:module';
import { Command } from 'commander';
import { addAppend } from './append.js';
import { addCat } from './cat.js';
import { addCheck } from './check.js';
import { addConsumers } from './consumers.js';
import { addCreate } from './create.js';
import { addExport } from './export.js';
import { usageLine } from './failure.js';
import { addImport } from './import.js';
import { addRegions } from './regions.js';
import { addStat } from './stat.js';
import { addTree } from './tree.js';

const EXAMPLES = `
Examples:
  varve create orders.varve --size 64MiB
  dmesg | varve append orders.varve kernel --allocate 16MiB
  varve cat orders.varve kernel --follow
  varve tree orders.varve

Exit codes: 0 all is well, 1 the stream is bad or the work failed, 2 wrong usage.`;

/** The whole command line; it throws instead of ending the process. */
export function buildProgram(): Command {
  const program = new Command('varve')
    .description('Durable logs in one file or block device: regions of entries, in one global order.')
    .version(version())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageLine(text)) })
    .addHelpText('after', EXAMPLES);
  for (const add of [
    addCreate,
    addAppend,
    addCat,
    addTree,
    addStat,
    addCheck,
    addRegions,
    addConsumers,
    addExport,
    addImport,
  ]) {
    add(program);
  }
  return program;
}

function version(): string {
  const manifest = createRequire(import.meta.url)('varve/package.json') as { version: string };
  return manifest.version;
}
