import { test } from 'node:test';
import { declareFullDiskTests } from './full-disk-checks.js';
import { problemOfCommand } from './system.js';

process.env['VARVE_NO_ADDON'] = '1';

const problem = problemOfCommand('flock', ['--version']);
if (problem === undefined) declareFullDiskTests('without-addon');
else test('full disks without the addon', (t) => t.skip(problem));
