import { test } from 'node:test';
import { addonProblem } from '../../src/base/native-loader.js';
import { declareLockTests } from './lock-checks.js';

const problem = addonProblem();
if (problem === undefined) declareLockTests('addon');
else test('locks of the addon', (t) => t.skip(problem));
