/** A process whose syncs are counted: `sync-counter.js <path> <medium>` creates, drains five times, and closes. */
import { openMedium } from '../../src/media/open.js';

const [path = '', medium = ''] = process.argv.slice(2);
if (medium !== 'file' && medium !== 'page-cache') throw new Error(`no medium '${medium}'`);
const opened = openMedium(path, { size: 2 ** 20, mode: 'create', readOnly: false, medium });
opened.publish();
const extent = opened.open(0, 2 ** 20, 'append');
for (let i = 0; i < 5; i++) {
  extent.write(i * 64, 64).bytes.fill(7, i * 64, i * 64 + 64);
  extent.flush(i * 64, i * 64 + 64);
  if (i % 2 === 0) opened.drainSync();
  else await opened.drain();
}
opened.close();
