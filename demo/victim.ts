import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ACKNOWLEDGEMENT_BYTES, type Acknowledgement, decodeAll } from './acknowledgement.js';

const WRITER = fileURLToPath(new URL('./writer.js', import.meta.url));

/** What a writer said, and whether it was killed or came to its end. */
export interface Outcome {
  acknowledged: Acknowledgement[];
  killed: boolean;
}

/**
 * Runs a writer, and kills it with SIGKILL once it has acknowledged `killAfter` entries.
 *
 * @throws Error if it ends in any other way than by that signal or well
 */
export async function runWriter(stream: string, log: string, killAfter: number): Promise<Outcome> {
  const child = spawn(process.execPath, [WRITER, stream, log], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of child.stdout) {
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes >= killAfter * ACKNOWLEDGEMENT_BYTES) child.kill('SIGKILL');
  }
  const [code, signal] = await exited;
  if (code !== 0 && signal !== 'SIGKILL')
    throw new Error(`The writer failed: exit code ${code}, signal ${signal}`);
  return { acknowledged: decodeAll(Buffer.concat(pieces)), killed: signal === 'SIGKILL' };
}
