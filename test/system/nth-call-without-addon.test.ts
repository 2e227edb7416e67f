import { test } from 'node:test';
import { problemOfCommand } from '../media/system.js';
import { declareNthCallTests } from './nth-call-checks.js';

process.env['VARVE_NO_ADDON'] = '1';

// It locks by a command, which takes its time.
const problem = problemOfCommand('flock', ['--version']);
if (problem === undefined) declareNthCallTests(['file'], 20);
else test('the N-th call to the system fails, without the addon', (t) => t.skip(problem));
