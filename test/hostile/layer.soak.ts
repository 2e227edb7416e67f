import type { SoakPart } from '../helpers/soak.js';
import { attemptLayer } from './layer.js';
import { attempts } from './run.js';

/** At the watchdog only so often: what is tried takes microseconds. */
const BATCH = 256;

/** The pure functions of the format, and the addon's beside them. */
export const part: SoakPart = {
  name: 'hostile/layer',
  async run(request) {
    const batches = await attempts(part.name, request, (seed) => {
      for (let i = 0; i < BATCH; i++) attemptLayer(seed * BATCH + i);
    });
    return { executions: batches * BATCH };
  },
};
