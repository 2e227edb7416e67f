/** A function that varve turns to outside of itself, by the seam and its name there. */
export type CallName = string;

/** What a call can do instead of its work: fail with that errno, or one of the words below. */
export type Trouble = string;

/**
 * Less than asked for was read or written; nothing was; the work was done, and an error reported all the same.
 */
export const SHORT = 'short';
export const NOTHING = 'nothing';
export const LATE = 'late EIO';

const SYNC = ['EIO', 'ENOSPC', 'EDQUOT', 'EINTR', 'ENOMEM'];
const STAT = ['EIO', 'ENOMEM', 'EACCES'];
const SPACE = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EINTR'];

/**
 * What each call may meet, as the manual pages of the system have it. Those of the addon that only compute or store are
 * not here: they cannot fail. A close that fails has closed, as Linux does it.
 */
export const PLAUSIBLE: Readonly<Record<CallName, readonly Trouble[]>> = {
  'fs.openSync': ['EIO', 'EMFILE', 'ENFILE', 'ENOMEM', 'EINTR', 'EACCES', 'ENOSPC'],
  'fs.closeSync': ['EIO', 'EINTR', 'ENOSPC', 'EDQUOT'],
  'fs.readSync': ['EIO', 'EINTR', 'EAGAIN', 'ENOMEM', SHORT],
  'fs.writeSync': [...SPACE, 'EAGAIN', SHORT, NOTHING],
  'fs.fsyncSync': SYNC,
  'fs.fdatasyncSync': SYNC,
  'fs.fdatasync': SYNC,
  'fs.fstatSync': STAT,
  'fs.statSync': STAT,
  'fs.lstatSync': STAT,
  'fs.linkSync': ['EIO', 'ENOSPC', 'EDQUOT', 'EPERM', 'EMLINK', 'EROFS', LATE],
  'fs.unlinkSync': ['EIO', 'EPERM', 'EROFS', LATE],
  'fs.renameSync': ['EIO', 'ENOSPC', 'EDQUOT', LATE],
  'addon.map': ['ENOMEM', 'EAGAIN', 'ENODEV', 'EIO', 'EACCES'],
  'addon.unmap': ['ENOMEM'],
  'addon.lock': ['ENOLCK', 'EIO', 'ENOMEM'],
  'addon.inspect': STAT,
  'addon.allocate': [...SPACE, 'EOPNOTSUPP'],
  'memory.ArrayBuffer': ['ENOMEM'],
  'memory.Uint8Array': ['ENOMEM'],
  'memory.Uint32Array': ['ENOMEM'],
};
