/**
 * The process of one group of benchmarks: `group.js --part=… --group=… --work=<its directory> --place=<description> --records=<file> [--quick]`.
 * The file gets a line of JSON for each record.
 */
import { parseArgs } from 'node:util';
import { addonProblem, loadAddon } from '../src/base/native-loader.js';
import { benchOf } from './lib/bench.js';
import { PARTS } from './parts.js';

const { values } = parseArgs({
  options: {
    part: { type: 'string', default: '' },
    group: { type: 'string', default: '' },
    work: { type: 'string', default: '' },
    place: { type: 'string', default: '' },
    records: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
  },
});
const loaded = await PARTS[values.part]?.();
const group = loaded?.part.groups.find(({ name }) => name === values.group);
if (group === undefined) throw new Error(`there is no group ${values.part}/${values.group}`);
const bench = benchOf(values, group.title.replace('{place}', values.place));
if (group.needsAddon && loadAddon() === undefined) {
  bench.leaveOut(`${group.name}: ${addonProblem()}`);
} else {
  await group.run(bench);
}
// The programs that wait for further questions are not to be waited for.
process.exit();
