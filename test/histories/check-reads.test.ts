import { FOREIGN, NEVER } from './history.js';
import { fails, passes } from './verdicts.js';

fails('missing', 'an acknowledged entry that a later reading does not show', (story) => {
  const a = story.append();
  story.append();
  story.pass([a]);
});

fails('missing', 'an entry that was seen, and not any more', (story) => {
  const a = story.append(1000, 1, { end: NEVER, code: 'unknown' });
  story.appends[0] = { ...a, timestamp: 0 };
  story.pass([a]);
  story.pass([]);
});

fails('missing', 'an entry that get does not find', (story) => {
  story.append();
  story.pass([], { way: 'get', from: 1 });
});

fails('missing', 'a persisted entry that another process does not see', (story) => {
  story.append();
  story.pass([], { actor: FOREIGN });
});

fails('missing', 'an entry that persist vouched for, and persisted() does not show', (story) => {
  story.append(1000, 1, { persists: false });
  story.persist();
  story.pass([], { persisted: true });
});

fails('hole', 'a reading with a hole', (story) => {
  const [a, , c] = [story.append(), story.append(), story.append()];
  story.pass([a, c], { begin: 0 });
});

fails('hole', 'a tail with a hole', (story) => {
  const [a, , c] = [story.append(), story.append(), story.append()];
  story.pass([a, c], { way: 'tail', begin: 0 });
});

fails('hole', 'a merged reading with a hole in another region', (story) => {
  const [a, , c] = [story.append(), story.append(1000, 2), story.append()];
  story.pass([a, c], { region: 0, begin: 0 });
});

fails('hole', 'a reading that shows half of what was cleared', (story) => {
  const [a, b, c] = [story.append(), story.append(), story.append()];
  const cleared = story.change('clear');
  story.pass([a, c], { begin: cleared.begin });
  void b;
});

fails('from', 'a reading that begins too early', (story) => {
  const [a, b] = [story.append(), story.append()];
  story.pass([a, b], { from: 2 });
});

fails('stale', 'an entry that was cleared before', (story) => {
  const a = story.append();
  story.change('clear');
  story.pass([a]);
});

fails('back', 'an entry that was gone and comes back', (story) => {
  const a = story.append();
  const cleared = story.change('clear', 1, { code: 'unknown', end: NEVER });
  story.pass([], { begin: cleared.end });
  story.passes.length = 0;
  story.pass([]);
  story.pass([a]);
});

fails('starts', 'a region with more lives than clears', (story) => {
  const [a, b, c] = [story.append(), story.append(), story.append()];
  const cleared = story.change('clear');
  for (const from of [0, 1, 2]) story.pass([a, b, c].slice(from), { begin: cleared.begin });
});

fails('ghost', 'a reading of a region that is gone', (story) => {
  story.change('free');
  story.pass([]);
});

fails('freed', 'VARVE_REGION_FREED without a clear or free', (story) => {
  story.pass([], { code: 'VARVE_REGION_FREED' });
});

fails('freed', 'an append refused as its region was freed, which it was not', (story) => {
  story.append(1000, 1, { timestamp: 0, code: 'VARVE_REGION_FREED' });
});

fails('closed', 'VARVE_CLOSED before anybody closed', (story) => {
  story.append(1000, 1, { timestamp: 0, code: 'VARVE_CLOSED' });
});

for (const code of ['VARVE_CORRUPT', 'VARVE_IO', 'VARVE_POISONED', 'TypeError']) {
  fails('code', `${code} from an append`, (story) => {
    story.append(1000, 1, { timestamp: 0, code });
  });
  fails('code', `${code} from a reading`, (story) => {
    story.pass([], { code });
  });
}

fails('busy', 'VARVE_BUSY for what another thread has open', (story) => {
  const slot = story.append(1000, 1, { timestamp: 0, code: 'cancelled' });
  story.append(1001, 1, { timestamp: 0, code: 'VARVE_BUSY', begin: slot.begin + 1 });
});

fails('expected', 'two winners for one expected entry', (story) => {
  story.append();
  story.append(1001, 1, { expectedLast: 1 });
  story.append(1002, 1, { expectedLast: 1 });
});

fails('expected', 'a winner who expected an empty region', (story) => {
  story.append();
  story.append(1001, 1, { expectedLast: 0 });
});

fails('conflict', 'a conflict over an entry that was the last', (story) => {
  story.append();
  story.append(1001, 1, { expectedLast: 1, timestamp: 0, code: 'VARVE_CONFLICT' });
});

fails('fell', 'committed that falls', (story) => {
  story.append(1000, 1, { end: NEVER, code: 'unknown' });
  story.sample(1, 0);
  story.sample(0, 0, { actor: 1002 });
});

fails('behind', 'persisted that falls', (story) => {
  story.append(1000, 1, { persists: false });
  story.sample(1, 1);
  story.sample(1, 0, { actor: 1002 });
});

fails('fell', "another process's persisted that falls", (story) => {
  story.append(1000, 1, { persists: false });
  story.sample(1, 1, { actor: FOREIGN });
  story.sample(1, 0, { actor: FOREIGN });
});

fails('ahead', 'persisted above committed', (story) => {
  story.append();
  story.append();
  story.sample(1, 2, { begin: 0 });
});

fails('ahead', 'committed above everything appended', (story) => {
  story.append();
  story.sample(2, 1);
});

fails('behind', 'committed below what was acknowledged', (story) => {
  story.append(1000, 1, { persists: false });
  story.sample(0, 0);
});

fails('behind', 'persisted below what was acknowledged', (story) => {
  story.append();
  story.sample(1, 0);
});

fails('behind', 'persisted below what persist vouched for', (story) => {
  story.append(1000, 1, { persists: false });
  story.persist();
  story.sample(1, 0);
});

fails('lost', 'a kill that takes what was acknowledged', (story) => {
  const a = story.append();
  story.append();
  story.kill();
  story.pass([a], { actor: 2000 });
});

fails('lost', 'a kill that takes what persist vouched for', (story) => {
  story.append(1000, 1, { persists: false });
  story.persist();
  story.kill();
  story.pass([], { actor: 2000 });
});

fails('lost', 'a kill that takes what another process has seen', (story) => {
  const a = story.append(1000, 1, { persists: false });
  story.pass([a], { actor: FOREIGN });
  story.kill();
  story.pass([], { actor: 2000 });
});

fails('hole', 'a kill that takes an entry out of the middle', (story) => {
  const [a, b, c] = [1, 2, 3].map(() => story.append(1000, 1, { persists: false })) as [never, never, never];
  story.kill();
  story.pass([a, c], { actor: 2000 });
  void b;
});

fails('missing', 'an entry that a kill had left, and is gone later', (story) => {
  const a = story.append(1000, 1, { persists: false });
  story.kill();
  story.pass([a], { actor: 2000 });
  story.pass([], { actor: 2000 });
});

passes('what another process shows of a region, and not yet of the stream', (story) => {
  const a = story.append(1000, 1, { persists: false });
  story.pass([a], { actor: FOREIGN });
  story.pass([], { actor: FOREIGN, region: 0 });
});

fails('missing', 'what another process has shown of the stream, and does not any more', (story) => {
  const a = story.append(1000, 1, { persists: false });
  story.pass([a], { actor: FOREIGN, region: 0 });
  story.pass([], { actor: FOREIGN, region: 0 });
});

passes('another process that does not know what is persisted, as the writer was killed', (story) => {
  const a = story.append();
  story.kill(() => {
    story.pass([], { actor: FOREIGN, persisted: true });
    story.pass([a], { actor: FOREIGN });
  });
  story.pass([a], { actor: FOREIGN, persisted: true });
});

fails(
  'missing',
  'another process that does not show what is persisted after the next writer came',
  (story) => {
    const a = story.append();
    story.kill();
    story.pass([a], { actor: 2000 });
    story.pass([], { actor: FOREIGN, persisted: true });
  },
);

fails('missing', 'a reading without what stands before an acknowledged entry', (story) => {
  story.append(1000, 1, { persists: false });
  story.append(1001, 2);
  story.pass([], { actor: FOREIGN, region: 1 });
});

fails('lost', 'a kill that takes what stands before an acknowledged entry', (story) => {
  story.append(1000, 1, { persists: false });
  const b = story.append(1001, 2);
  story.kill();
  story.pass([], { actor: 2000 });
  story.pass([b], { actor: 2000, region: 2 });
});

passes('a kill that takes what a clear may have taken before', (story) => {
  const a = story.append(1000, 1, { persists: false });
  story.change('clear', 1, { begin: a.begin, end: a.end });
  story.kill();
  story.sample(0, 0, { actor: 2000 });
});

fails('behind', 'committed below what another run had left', (story) => {
  const a = story.append();
  story.kill();
  story.pass([a], { actor: 2000 });
  story.sample(0, 0, { actor: 2000 });
});
