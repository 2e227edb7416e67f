/**
 * A process that writes to a stream or follows it, as its parent asks: `player.js <path> <medium> [without-looks]`. It ends when its parent
 * does. `without-looks` takes away the looks that a reader makes by the clock: what does not wake it then, leaves it waiting.
 */
import { Stream, type StreamOptions } from '../../src/index.js';

/** What a parent may ask for; each is answered by one number. */
export type Wish =
  /** Opens for writing, allocates a region if there is none. Answer: 0. */
  | { is: 'write' }
  /** Appends so many entries, each persisted, in one turn. Answer: the last timestamp. */
  | { is: 'append'; entries: number }
  /** Opens read-only and follows the region, or the whole stream, from then on, answering with the timestamp of each entry, without being asked again. Answer first: 0. */
  | { is: 'follow'; whole?: boolean }
  /** Ends the following by its signal. Answer: -1 once the tail has ended. */
  | { is: 'abort' }
  /** Waits until a timestamp is persisted. Answer: what is persisted. */
  | { is: 'persisted'; timestamp: number }
  /** Closes. Answer: 0. */
  | { is: 'close' }
  /** Lets the process end by itself, if nothing keeps it alive. No answer. */
  | { is: 'leave' };

const [path = '', medium = 'file', looks = ''] = process.argv.slice(2);
const kind = medium as NonNullable<StreamOptions['medium']>;
if (looks === 'without-looks') withoutLooks();

let stream: Stream;
let leaving = false;
const stopping = new AbortController();

/** What happens at once stays; what would be done later is not done while a test runs. */
function withoutLooks(): void {
  const real = globalThis.setTimeout;
  const late = (work: () => void, delay = 0) => real(work, delay < 1 ? delay : delay + 120_000);
  Object.assign(globalThis, { setTimeout: late });
}

function answer(number: number): void {
  process.send?.(number);
}

async function follow(whole: boolean): Promise<void> {
  const followed = whole ? stream : stream.region('log');
  const tail = followed?.tail({ signal: stopping.signal }) ?? [];
  for await (const entry of tail) answer(entry.timestamp);
  answer(-1);
}

function open(options: StreamOptions): Stream {
  return Stream.openSync(path, { medium: kind, ...options });
}

async function grant(wish: Wish): Promise<void> {
  switch (wish.is) {
    case 'write':
      stream = open({});
      if (stream.region('log') === undefined) stream.allocateSync('512KiB', { name: 'log' });
      return answer(0);
    case 'append': {
      let last = 0;
      for (let i = 0; i < wish.entries; i++) last = stream.region('log')?.appendSync('news').timestamp ?? 0;
      return answer(last);
    }
    case 'follow':
      stream = open({ readOnly: true });
      answer(0);
      return follow(wish.whole === true);
    case 'abort':
      return stopping.abort();
    case 'persisted':
      await stream.whenPersisted(wish.timestamp);
      return answer(stream.persisted);
    case 'close':
      await stream.close();
      return answer(0);
    case 'leave':
      leaving = true;
      process.disconnect();
  }
}

process.on('message', (wish: Wish) => void grant(wish));
process.on('disconnect', () => {
  if (!leaving) process.exit();
});
