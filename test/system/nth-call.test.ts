import { FILE_KINDS } from '../helpers/media.js';
import { declareNthCallTests } from './nth-call-checks.js';

// What is left out here, the soak does.
declareNthCallTests(FILE_KINDS, 180);
