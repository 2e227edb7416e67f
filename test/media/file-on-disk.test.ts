import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { mediumConformance } from '../../src/testing/index.js';
import { directoryForFile, sourceOf } from './workplace.js';

// Without the addon: locked and allocated by other means, on a file system that is not in memory.
process.env['VARVE_NO_ADDON'] = '1';

mediumConformance({ name: 'file without addon', test, ...sourceOf('file', directoryForFile(tmpdir())) });
