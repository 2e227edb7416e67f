import { type Append, FOREIGN, NEVER } from './history.js';
import { type Synthetic, seenOf } from './synthetic.js';
import { fails, passes } from './verdicts.js';

/** A transaction of two regions that its writer never heard of again. */
function unanswered(story: Synthetic): [Append, Append] {
  return story.together(1000, [1, 2], { code: 'unknown', end: NEVER, reserved: NEVER }) as [Append, Append];
}

/** Readings of an entry that say what its timestamp was. */
function sight(append: Append, time: number, timestamp = append.timestamp) {
  return { seen: [{ ...seenOf(append, time), timestamp }] };
}

passes('a transaction, and whoever sees all of it', (story) => {
  const [one, two] = story.together(1000, [1, 2]) as [Append, Append];
  story.pass([one]);
  story.pass([two], { region: 2 });
  story.pass([one, two], { region: 0 });
});

passes('a transaction of a thread that ended, of which nothing is there', (story) => {
  for (const append of unanswered(story)) Object.assign(append, { timestamp: 0 });
  story.pass([]);
  story.append();
});

passes('a transaction of which a clear has taken a part', (story) => {
  const [one] = story.together(1000, [1, 2]) as [Append, Append];
  story.change('clear', 2);
  story.pass([], { region: 2 });
  story.pass([one], { region: 0 });
});

fails('together', 'timestamps of a transaction with another one between', (story) => {
  const [one, two] = story.together(1000, [1, 2]) as [Append, Append];
  Object.assign(two, { timestamp: 3 });
  story.append(1001, 1, { timestamp: 2 });
  story.pass([one], sight(one, story.now));
});

fails('missing', 'a part that is not there after another one was seen', (story) => {
  const [one, two] = unanswered(story);
  for (const append of [one, two]) Object.assign(append, { timestamp: 0 });
  story.pass([], sight(one, story.now, 1));
  story.pass([], { region: 2 });
});

fails('together', 'a reading of all regions that ends within a transaction', (story) => {
  const [one] = unanswered(story);
  story.pass([one], { region: 0 });
});

fails('lost', 'a kill that takes a part of what another process has seen', (story) => {
  const [one] = story.together(1000, [1, 2], { persists: false }) as [Append, Append];
  story.pass([one], { actor: FOREIGN });
  story.kill();
  story.pass([one], { actor: 2000 });
  story.pass([], { actor: 2000, region: 2 });
});

fails('together', 'a kill that leaves a part', (story) => {
  const [, two] = story.together(1000, [1, 2], { persists: false }) as [Append, Append];
  story.kill();
  story.pass([two], { actor: 2000, region: 2 });
  story.pass([], { actor: 2000 });
});

fails('missing', 'a part that is persisted alone', (story) => {
  const [one] = story.together(1000, [1, 2], { persists: false }) as [Append, Append];
  story.pass([one], { persisted: true });
  story.pass([], { persisted: true, region: 2 });
});
