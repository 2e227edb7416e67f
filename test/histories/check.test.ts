import { FOREIGN, NEVER } from './history.js';
import { seenOf } from './synthetic.js';
import { fails, passes } from './verdicts.js';

passes('appends one after the other, and all ways to read them', (story) => {
  const [a, b, c] = [story.append(), story.append(1001, 2), story.append(1002)];
  story.sample(3, 3);
  story.pass([a, c]);
  story.pass([c, a], { way: 'reverse' });
  story.pass([a, b, c], { region: 0 });
  story.pass([b, c], { region: 0, from: 2 });
  story.pass([c], { way: 'get', from: 3 });
  story.pass([], { way: 'get', from: 2 });
  story.pass([a, c], { way: 'tail' });
  story.pass([a, c], { actor: FOREIGN });
});

passes('an append that expects one of which nobody knows, as its thread was ended', (story) => {
  story.append();
  story.append(1001, 1, { timestamp: 0, code: 'unknown', end: NEVER });
  story.append(1002, 1, { timestamp: 3, expectedLast: 2 });
});

passes('appends at the same time, whichever came first', (story) => {
  const a = story.append(1000, 1, { timestamp: 2 });
  const b = story.append(1001, 1, { timestamp: 1, begin: a.begin, published: a.begin, end: a.end });
  story.pass([b, a]);
});

passes('a reading at the same time as an append, with or without it', (story) => {
  const a = story.append();
  story.pass([], { begin: a.begin });
  story.pass([a], { begin: a.begin + 1 });
});

passes('a clear at the same time as readings', (story) => {
  const a = story.append();
  const cleared = story.change('clear');
  story.pass([a], { begin: cleared.begin });
  story.pass([], { begin: cleared.begin });
  story.pass([]);
  const b = story.append(1000, 1, { timestamp: 2 });
  story.pass([b]);
  story.pass([a], { code: 'VARVE_REGION_FREED', begin: a.begin });
});

passes('a slot that holds up its region, and not another one', (story) => {
  const slot = story.append(1000, 1, { timestamp: 3 });
  const other = story.append(1001, 2, { timestamp: 1 });
  const behind = story.append(1001, 1, { timestamp: 4 });
  const further = story.append(1001, 2, { timestamp: 2 });
  const { end } = behind;
  const late = { ...slot, published: end + 30, end: end + 40 };
  story.appends[0] = late;
  story.appends[2] = { ...behind, end: end + 45 };
  story.now = end + 50;
  story.pass([late, behind]);
  story.pass([other, further], { region: 2 });
});

passes('a kill that takes what was only committed, from the back', (story) => {
  const a = story.append(1000, 1, { persists: false });
  const b = story.append(1000, 1, { persists: false });
  story.pass([a, b]);
  story.kill();
  story.pass([a], { actor: 2000 });
  const c = story.append(2000);
  story.pass([a, c], { actor: 2001 });
});

passes('a region that begins anew after a kill, as nothing in it had been persisted', (story) => {
  story.pass([story.append(1000, 1, { persists: false })]);
  story.kill();
  story.pass([], { actor: 2000 });
  story.pass([story.append(2000)], { actor: 2001 });
});

passes('an append of a thread that was terminated, be it there or not', (story) => {
  const a = story.append(1001, 1, { timestamp: 1 });
  const lost = { ...a, timestamp: 0, code: 'unknown', end: NEVER };
  story.appends[0] = lost;
  const b = story.append(1002, 1, { timestamp: 2 });
  story.pass([a, b], { seen: [seenOf({ ...lost, timestamp: 1 }, story.now), seenOf(b, story.now)] });
});

passes('refusals with a reason', (story) => {
  const a = story.append();
  story.append(1001, 1, { expectedLast: 1 });
  story.append(1002, 1, { expectedLast: 1, timestamp: 0, code: 'VARVE_CONFLICT' });
  const slot = story.append(1003, 1, { timestamp: 0, code: 'cancelled', published: NEVER });
  story.append(1003, 1, { timestamp: 0, code: 'VARVE_BUSY', begin: slot.begin + 2 });
  story.append(1003, 1, { timestamp: 0, code: 'VARVE_FULL' });
  story.change('free');
  story.append(1003, 1, { timestamp: 0, code: 'VARVE_REGION_FREED' });
  story.pass([a], { code: 'VARVE_REGION_FREED', begin: slot.begin });
});

fails('torn', 'bytes that nobody wrote', (story) => {
  const a = story.append();
  story.pass([], { seen: [{ ...seenOf(a, 11), who: -1 }] });
});

fails('invented', 'an entry that nobody appended', (story) => {
  const a = story.append();
  story.pass([{ ...a, number: 7 }]);
});

fails('invented', 'an entry that was seen before it was published', (story) => {
  const a = story.append();
  story.pass([a], { seen: [seenOf(a, a.begin - 5)] });
});

fails('elsewhere', 'an entry in a region to which it was not appended', (story) => {
  story.pass([story.append(1000, 2)], { region: 1 });
});

for (const code of ['VARVE_FULL', 'VARVE_BUSY', 'VARVE_CONFLICT', 'cancelled']) {
  fails('refused', `an entry whose append ended with ${code}`, (story) => {
    story.pass([story.append(1000, 1, { code })]);
  });
}

fails('unique', 'a timestamp given to two entries', (story) => {
  story.append(1000, 1, { timestamp: 1 });
  story.append(1001, 2, { timestamp: 1 });
});

fails('twice', 'an entry under two timestamps', (story) => {
  const a = story.append();
  story.pass([{ ...a, timestamp: 2 }]);
});

fails('sequence', 'an entry shown twice by one reading', (story) => {
  const a = story.append();
  story.pass([a, a]);
});

fails('sequence', 'a merged reading out of order', (story) => {
  const [a, b] = [story.append(), story.append(1000, 2)];
  story.pass([b, a], { region: 0 });
});

fails('order', 'timestamps against the order in time', (story) => {
  story.append(1000, 1, { timestamp: 2 });
  story.append(1001, 2, { timestamp: 1 });
});

fails('place', 'a region out of the order of reservations', (story) => {
  const slot = story.append(1000, 1, { timestamp: 2 });
  const behind = story.append(1001, 1, { timestamp: 1 });
  story.appends[0] = { ...slot, published: behind.end + 1, end: behind.end + 9 };
});

fails('dense', 'a timestamp that nobody got', (story) => {
  story.append(1000, 1, { timestamp: 1 });
  story.append(1000, 1, { timestamp: 3 });
});

fails('unique', 'a timestamp that was given out again after a kill', (story) => {
  const a = story.append();
  story.append(1000, 1, { persists: false });
  story.kill();
  story.pass([a], { actor: 2000 });
  story.append(2000, 1, { timestamp: 2 });
});

fails('order', 'a timestamp below one that was given out before a kill', (story) => {
  const a = story.append();
  story.append(1000, 1, { timestamp: 0, code: 'unknown', end: NEVER, persists: false });
  story.append(1000, 1, { timestamp: 3, persists: false });
  story.kill();
  story.pass([a], { actor: 2000 });
  story.append(2000, 1, { timestamp: 2 });
});

fails('reused', 'a timestamp below one that was found after a kill', (story) => {
  for (let count = 0; count < 2; count += 1)
    story.append(1000, 2, { timestamp: 0, code: 'unknown', end: NEVER });
  story.kill();
  const late = story.append(2000, 1, { timestamp: 1 });
  story.pass([{ ...late, actor: 1000, number: 2, timestamp: 2 }], { actor: 2000, region: 2 });
});
