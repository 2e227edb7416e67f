// Follows a stream from another process, live: the reader opens it read-only, needs no right to write, and never blocks the writer.
// (follow.ts does the same within one process.)
//
//   node build/examples/follow-live.js [path of a stream that another process writes]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Stream } from 'varve';
import { scratchPath } from './helpers/scratch.js';

const path = process.argv[2];
if (path === undefined) await write(scratchPath('lake.varve'));
else await follow(path);

async function follow(path: string): Promise<void> {
  const stream = await Stream.open(path, { readOnly: true });
  console.log('the reader is there');
  // What is there, then what comes, also in regions allocated later; between two entries the process sleeps.
  for await (const entry of stream.tail()) {
    await stream.whenPersisted(entry.timestamp); // now it would survive a power cut, too
    console.log(`${entry.timestamp} ${entry.region.name}: ${entry.text()}`);
    if (entry.text() === 'nothing more') break;
  }
  await stream.close();
}

async function write(path: string): Promise<void> {
  const stream = await Stream.open(path, { size: '1MiB' });
  const news = await stream.allocate('64KiB', { name: 'news' });
  await news.append('the lake is frozen');

  const program = [...process.execArgv, fileURLToPath(import.meta.url), path];
  const reader = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
  reader.stdout.pipe(process.stdout);
  await once(reader.stdout, 'data');

  await news.append('the ice breaks');
  const weather = await stream.allocate('64KiB', { name: 'weather' });
  await weather.append('warm rain');
  news.appendSync('the melt brings sand', { until: 'committed' }); // readers see it, durable soon after
  await news.append('nothing more');

  await once(reader, 'close');
  await stream.close();
}
