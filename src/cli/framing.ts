import { type Command, Option } from 'commander';
import type { Framing } from '../stream/framing.js';
import type { Output } from './output.js';

const NEWLINE_BYTES = Buffer.from('\n');
const LENGTH_BYTES = 4;

/** Adds `--framing` to a command that reads or writes entries, and to its help what the values mean. */
export function withFraming(command: Command, rawMeans: string): Command {
  const option = new Option('--framing <how>', 'what tells entries apart').choices(['line', 'raw', 'length']);
  return command.addOption(option.default('line')).addHelpText(
    'after',
    `
Framings:
  line    an entry a line, without its newline; its bytes are not interpreted
  raw     ${rawMeans}
  length  an entry behind its length, 4 bytes, little-endian`,
  );
}

/** Writes an entry to `output` in a framing. */
export function writeFramed(output: Output, framing: Framing, data: Uint8Array): void {
  if (framing === 'length') {
    const head = Buffer.allocUnsafe(LENGTH_BYTES);
    head.writeUInt32LE(data.byteLength);
    output.write(head);
  }
  output.write(data);
  if (framing === 'line') output.write(NEWLINE_BYTES);
}
