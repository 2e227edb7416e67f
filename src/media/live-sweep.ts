import fs from 'node:fs';
import { join } from 'node:path';
import { loadAddon } from '../base/native-loader.js';
import { closeFd } from './descriptor.js';
import { isUnused, LIVE_DIRECTORY, LIVE_NAME, orNothing, ownUser } from './live-file.js';

/** Milliseconds in which a thread looks once at most. */
const PAUSE = 60_000;
/** As many are looked at. */
const MOST = 16;
/** One that was written to of late may be somebody's who cannot lock it, and has yet to write down who he is. Milliseconds. */
const AGE = 60_000;

let sweptAt = Number.NEGATIVE_INFINITY;

/** Removes what processes that were killed left behind, soon, and at most once a minute: each of them costs a look, for which nobody is to wait. */
export function sweepNowAndThen(): void {
  const now = Date.now();
  // Without locks of one's own nobody can be sure.
  if (now - sweptAt < PAUSE || loadAddon() === undefined) return;
  sweptAt = now;
  setImmediate(sweep);
}

/** Removes a few of them now. */
export function sweep(): void {
  const names = (orNothing(() => fs.readdirSync(LIVE_DIRECTORY)) ?? []).filter((each) =>
    LIVE_NAME.test(each),
  );
  // Not always the same ones, which may be in use.
  const start = Math.floor(Math.random() * names.length);
  for (const name of [...names.slice(start), ...names.slice(0, start)].slice(0, MOST)) {
    orNothing(() => sweepOne(join(LIVE_DIRECTORY, name)));
  }
}

function sweepOne(path: string): void {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = fs.constants;
  const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  try {
    const { uid, mtimeMs } = fs.fstatSync(fd);
    const isOld = Date.now() - mtimeMs > AGE;
    if (isOld && BigInt(uid) === ownUser() && isUnused(fd)) fs.unlinkSync(path);
  } finally {
    closeFd(fd);
  }
}
