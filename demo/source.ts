import { accessSync, closeSync, constants, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What package managers write, then whatever else is a log. */
const KNOWN_LOGS = [
  '/var/log/dpkg.log',
  '/var/log/pacman.log',
  '/var/log/dnf.rpm.log',
  '/var/log/dnf.log',
  '/var/log/apk.log',
  '/var/log/apt/history.log',
  '/var/log/alternatives.log',
  '/var/log/install.log',
];
const LOG_DIRECTORY = '/var/log';
const MOST_BYTES = 16 * 1024 * 1024;
const NEWLINE = 10;

/** The first log of this machine that can be read and is not empty. */
export function findLog(): string | undefined {
  return [...KNOWN_LOGS, ...otherLogs()].find(isReadable);
}

/** The first 16 MiB of a file. */
export function readHead(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(MOST_BYTES);
    return buffer.subarray(0, readSync(file, buffer));
  } finally {
    closeSync(file);
  }
}

/** The lines of a text, as bytes, without their newlines. */
export function linesOf(text: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, from)) {
    lines.push(text.subarray(from, at));
    from = at + 1;
  }
  if (from < text.byteLength) lines.push(text.subarray(from));
  return lines;
}

function otherLogs(): string[] {
  try {
    return readdirSync(LOG_DIRECTORY)
      .filter((name) => name.endsWith('.log'))
      .sort()
      .map((name) => join(LOG_DIRECTORY, name));
  } catch {
    return [];
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    const stat = statSync(path);
    return stat.isFile() && stat.size > 0;
  } catch {
    return false;
  }
}
