import type { Member } from './cast.js';

/** node:fs, as one would use it by hand. */
export const BY_HAND: Member = { name: 'node:fs by hand', role: 'peer', subject: 'by-hand', setting: '' };
export const LMDB: Member = { name: 'lmdb', role: 'peer', subject: 'lmdb', setting: '' };
export const SQLITE: Member = { name: 'better-sqlite3', role: 'peer', subject: 'sqlite', setting: '' };
export const LEVEL: Member = { name: 'classic-level', role: 'peer', subject: 'level', setting: '' };
export const HYPERCORE: Member = { name: 'hypercore', role: 'peer', subject: 'hypercore', setting: '' };

/** All that a Node program may keep a log with and that sync it, as durable as varve. */
export const PEERS: readonly Member[] = [BY_HAND, LMDB, SQLITE, LEVEL];

/** How each is used, for the page. */
export const HOW = `- \`node:fs\` by hand: a growing file, eight bytes of length and CRC-32 before each entry, one write and one fdatasync; entries in flight are one write. No promise for each.
- lmdb: a binary value for each number, \`put\`, with \`overlappingSync\` off: its promise resolves after the flush. It gathers what is in flight into transactions by itself.
- better-sqlite3: a table of blobs by number, prepared statements, WAL, \`synchronous = FULL\`; one insert a transaction, entries in flight in one. No promise for each. Version 12, the last for Node 20.
- classic-level: keys of eight bytes, \`sync: true\`, without compression; entries in flight as one \`batch\`, by hand.
- hypercore never syncs: it is beside what is only committed. Its newest version that could be installed here.`;
