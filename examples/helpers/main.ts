import { fileURLToPath } from 'node:url';

/** Whether this module is the program, and not imported by a test. */
export function isMain(url: string): boolean {
  return process.argv[1] === fileURLToPath(url);
}
