// The test suite that abstract-level publishes, on the example's database. Writes TAP to standard output.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { VarveLevel, type VarveLevelOptions } from '../../examples/level/level.js';

const [directory = '.'] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const suite = require('abstract-level/test');
const tape = require('tape');

/** The suite looks at the options that a database was given: what its hundreds of databases need is added when they open. */
class SmallLevel extends VarveLevel {
  override _open(options: Parameters<VarveLevel['_open']>[0]): Promise<void> {
    return super._open({ ...options, size: '128KiB', maxSize: '8MiB', segmentSize: 8192 });
  }
}

let count = 0;
suite({
  test: tape,
  factory: (options: VarveLevelOptions<string, string>) =>
    new SmallLevel(join(directory, `${++count}.varve`), options),
});
