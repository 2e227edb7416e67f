// All mutants there are.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { javascriptMutants } from './javascript.js';
import { nativeMutants } from './native.js';

const FOLDERS = ['core', 'format', 'media', 'stream'];

/** The mutants of the TypeScript and C sources. */
export function allMutants(root) {
  const sources = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, 'src', folder), { recursive: true }).map((name) => `src/${folder}/${name}`),
  );
  return [...sources.flatMap((file) => javascriptMutants(root, file)), ...nativeMutants(root)];
}

/** True for what a crash could bring to light: flushes, drains, second copies, checksums. */
export function isCritical({ file, operator, before, context, native }) {
  if (native) return operator === 'flush';
  if (!/^src\/(core|format)\//.test(file)) return false;
  if (/checksum|crc32c/i.test(context)) return true;
  return operator === 'call' && /drain|flush|store|save|seal|evenOut|keepWhatWasRead|write\(/i.test(before);
}
