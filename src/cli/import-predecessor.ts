import { typeError } from '../base/errors.js';
import { formatSize } from '../base/sizes.js';
import { type ImportOptions, type ImportReport, importPmemlog, importPmemstream } from '../index.js';
import type { Framing } from '../stream/framing.js';
import { counted, terminalProgress } from './meter.js';
import type { CommonOptions } from './options.js';

/** What `varve import --from` was given beside kind and paths. */
interface Given extends CommonOptions {
  readonly size?: number;
  readonly framing: Framing;
}

/** `varve import --from`: makes a stream of a file that pmemstream or libpmemlog wrote. */
export function importPredecessor(
  kind: string | undefined,
  source: string | undefined,
  path: string,
  { size, medium, framing, json }: Given,
): void {
  if (source === undefined) throw typeError('Cannot import without a file: --from takes a kind and a file');
  const options = { medium, ...terminalProgress(), ...(size === undefined ? {} : { size }) };
  const report = importKind(kind, source, path, framing, options);
  process.stderr.write(json ? `${JSON.stringify(report)}\n` : `varve: imported ${inWords(report)}\n`);
}

function importKind(
  kind: string | undefined,
  source: string,
  path: string,
  framing: Framing,
  options: ImportOptions,
): ImportReport {
  if (kind === 'pmemstream') return importPmemstream(source, path, options);
  if (kind === 'pmemlog') return importPmemlog(source, path, { ...options, framing });
  throw typeError(`Cannot import from ${kind}: --from knows pmemstream and pmemlog`);
}

function inWords({ regions, entries, bytes }: ImportReport): string {
  return `${counted(regions, 'region', 'regions')}, ${counted(entries, 'entry', 'entries')}, ${formatSize(bytes)}`;
}
