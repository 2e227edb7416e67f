import { join } from 'node:path';
import { loadPeer } from '../lib/peers.js';
import type { Subject } from './subject.js';

/** What is used of better-sqlite3. */
interface Database {
  pragma(text: string): unknown;
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  transaction(work: (data: Uint8Array, count: number) => void): (data: Uint8Array, count: number) => void;
  close(): void;
}
interface Statement {
  run(...values: readonly unknown[]): unknown;
  raw(): Statement;
  iterate(): Iterable<readonly [number, Uint8Array]>;
  pluck(): Statement;
  get(value: number): Uint8Array | undefined;
}

/** better-sqlite3: a table of blobs by number, write-ahead log, prepared statements; entries that come together are one transaction. */
export const subject: Subject = {
  load: () => loadPeer('better-sqlite3'),
  async open(directory, setting) {
    const { default: Sqlite } = (await loadPeer('better-sqlite3')) as {
      default: new (path: string) => Database;
    };
    const database = new Sqlite(join(directory, 'sqlite'));
    database.pragma('journal_mode = WAL');
    database.pragma(`synchronous = ${setting === 'buffered' ? 'OFF' : 'FULL'}`);
    database.exec('CREATE TABLE IF NOT EXISTS log (number INTEGER PRIMARY KEY, data BLOB NOT NULL)');
    const insert = database.prepare('INSERT INTO log (data) VALUES (?)');
    const one = database.prepare('SELECT data FROM log WHERE number = ?').pluck();
    const [forward, backward] = ['ASC', 'DESC'].map((order) =>
      database.prepare(`SELECT number, data FROM log ORDER BY number ${order}`).raw(),
    );
    const together = database.transaction((data, count) => {
      for (let i = 0; i < count; i++) insert.run(data);
    });
    return {
      append(data) {
        insert.run(data);
      },
      async appendMany(data, inFlight, groups) {
        for (let i = 0; i < groups; i++) together(data, inFlight);
      },
      async appendBuffered(data, count) {
        for (let i = 0; i < count; i++) insert.run(data);
      },
      async fill(data, count) {
        for (let i = 0; i < count; i += FILL) together(data, Math.min(FILL, count - i));
      },
      scan(reverse) {
        let entries = 0;
        let sum = 0;
        for (const [number, data] of (reverse ? backward : forward)?.iterate() ?? []) {
          sum += number + (data[0] ?? 0);
          entries++;
        }
        return sum >= 0 ? entries : 0;
      },
      get(numbers) {
        let found = 0;
        for (const number of numbers) if (one.get(number + 1)?.[0] !== undefined) found++;
        return found;
      },
      async close() {
        database.close();
      },
    };
  },
};

const FILL = 10_000;
