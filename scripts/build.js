// Builds what the package ships: dist/ from src/, in a few files, and the addon for this machine where a compiler is.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.js';
import { compile, root, runNode } from './run.js';

rmSync(join(root, 'dist'), { recursive: true, force: true });
if (!compile('tsconfig.build.json')) {
  console.error('build: src does not compile, see above');
  process.exit(1);
}
await bundle();

const native = join(root, 'scripts/build-native.js');
if (!existsSync(native) || !runNode(native)) {
  // An addon of older sources would be worse than none: varve works without, on the medium `file`.
  rmSync(join(root, 'prebuilds', `${process.platform}-${process.arch}`), { recursive: true, force: true });
  console.error('build: no native addon was built; varve works without it, on the medium "file"');
}
