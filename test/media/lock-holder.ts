/** A process for the tests of locks: `lock-holder.js <path> [child]` opens the path, says so, and stays. */
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { openMedium } from '../../src/media/open.js';

const [path = '', child] = process.argv.slice(2);
openMedium(path, { mode: 'open', readOnly: false, medium: 'file' });
if (child === undefined) {
  writeSync(1, 'locked\n');
} else {
  const heir = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
  writeSync(1, `${heir.pid}\n`);
}
setInterval(() => {}, 1000);
