import { test } from 'node:test';
import { mediumConformance } from '../../src/testing/index.js';
import { directoryForFile, sourceOf } from './workplace.js';

mediumConformance({ name: 'file', test, ...sourceOf('file', directoryForFile()) });
