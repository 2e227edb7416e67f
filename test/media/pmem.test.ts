import { test } from 'node:test';
import { addonProblem } from '../../src/base/native-loader.js';
import { mediumConformance } from '../../src/testing/index.js';
import { directoryForFile, sourceOf } from './workplace.js';

const problem = addonProblem();
if (problem === undefined) mediumConformance({ name: 'pmem', test, ...sourceOf('pmem', directoryForFile()) });
else test('pmem needs the addon', (t) => t.skip(problem));
