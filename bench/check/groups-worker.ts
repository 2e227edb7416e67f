/**
 * A process whose system calls are counted: `groups-worker.js <name> <directory>`. What lies between two looks for a file that is not
 * there counts.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { GROUPS, MARK } from './groups.js';

const [name = '', directory = ''] = process.argv.slice(2);
const { prepare, kind } = GROUPS[name] ?? {};
if (prepare === undefined || kind === undefined) throw new Error(`there is no group ${name}`);
const round = await prepare(kind, directory);
// The first one makes what is made once.
await round();
fs.existsSync(join(directory, MARK.begin));
await round();
fs.existsSync(join(directory, MARK.end));
fs.writeSync(3, 'null');
process.exit(0);
