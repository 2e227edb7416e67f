import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { declareLockTests } from './lock-checks.js';
import { problemOfCommand } from './system.js';
import { directoryForFile, open } from './workplace.js';

process.env['VARVE_NO_ADDON'] = '1';

const problem = process.platform === 'linux' ? problemOfCommand('flock', ['--version']) : undefined;
if (problem === undefined) declareLockTests('without addon');
else test('locks without the addon', (t) => t.skip(problem));

test('without any way to lock nothing is opened for writing', (t) => {
  if (process.platform !== 'linux') return t.skip('this platform locks at opening');
  const path = join(directoryForFile(), 'stream');
  writeFileSync(path, 'x'.repeat(4096));
  const before = process.env['PATH'];
  process.env['PATH'] = '/nonexistent';
  try {
    assert.throws(() => open(path), { code: 'VARVE_IO', message: /flock/ });
    open(path, { readOnly: true }).close();
  } finally {
    process.env['PATH'] = before;
  }
});

test('a medium that needs the addon says why there is none', () => {
  const path = join(directoryForFile(), 'stream');
  for (const medium of ['pmem', 'page-cache'] as const) {
    assert.throws(() => open(path, { size: 4096, medium }), { code: 'VARVE_IO', message: /VARVE_NO_ADDON/ });
  }
});
