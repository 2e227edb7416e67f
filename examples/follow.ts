// Follows a region: gets what is there, then waits for what comes, until it is told to stop. (follow-live.ts does it from another process.)
import { MemoryMedium, type Region, Stream } from 'varve';

const stream = await Stream.open(new MemoryMedium('1MiB'));
const news = await stream.allocate('64KiB', { name: 'news' });
await news.append('the lake is frozen');

async function follow(region: Region, signal: AbortSignal): Promise<void> {
  for await (const entry of region.tail({ signal })) console.log(`${entry.timestamp}: ${entry.text()}`);
  console.log('the reader was told to stop');
}

const stop = new AbortController();
const following = follow(news, stop.signal);
for (const what of ['the ice gets thin', 'the ice breaks', 'the melt brings sand']) {
  await news.append(what);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
stop.abort();
await following;
await stream.close();
