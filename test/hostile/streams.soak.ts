import type { SoakPart } from '../helpers/soak.js';
import { attempt, newTally } from './attempt.js';
import { attempts } from './run.js';

/** Whole openings of forged streams. */
export const part: SoakPart = {
  name: 'hostile/streams',
  async run(request) {
    const tally = newTally();
    const images = await attempts(part.name, request, (seed) => attempt(seed, tally));
    return { images, ...tally };
  },
};
