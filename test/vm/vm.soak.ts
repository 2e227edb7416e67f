import type { SoakPart } from '../helpers/soak.js';
import { cutAgainAndAgain } from './cuts.js';
import { findTools } from './tools.js';

/** Power cuts in a virtual machine, one in each shard. */
export const part: SoakPart = {
  name: 'vm',
  async run({ seed, until, shard }) {
    const tools = findTools();
    if (typeof tools === 'string') {
      console.log(`vm: SKIPPED, nothing was tried: ${tools}`);
      return {};
    }
    return cutAgainAndAgain(tools, seed + shard, { cuts: Number.POSITIVE_INFINITY, until });
  },
};
