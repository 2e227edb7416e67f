import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { addonProblem } from '../../src/base/native-loader.js';
import { mediumConformance } from '../../src/testing/index.js';
import { directoryForFile, sourceOf } from './workplace.js';

const problem = addonProblem();
if (problem === undefined)
  mediumConformance({ name: 'page-cache', test, ...sourceOf('page-cache', directoryForFile(tmpdir())) });
else test('page-cache needs the addon', (t) => t.skip(problem));
