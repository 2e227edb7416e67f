import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rollup } from 'rollup';
import { root } from './run.js';

/** The modules in dist/ that users load: those that the manifest names. */
function entries() {
  const { exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const paths = [...Object.values(exports).flatMap((target) => target.default ?? []), ...Object.values(bin)];
  return paths.map((path) => /dist\/(.+)\.js$/.exec(path)[1]);
}

/**
 * Puts what was compiled into dist/ together in a few files: Node takes a millisecond to load a module, and there are two hundred.
 * The code is what the compiler wrote, nothing is left out or made shorter; the types stay where they are.
 */
export async function bundle() {
  const dist = join(root, 'dist');
  const build = await rollup({
    input: Object.fromEntries(entries().map((name) => [name, join(dist, `${name}.js`)])),
    external: (id) => !/^[./]/.test(id),
    treeshake: false,
    onLog(_level, { code, message }) {
      // What the compiler makes of `using` asks for a `this` that no module has.
      if (code !== 'THIS_IS_UNDEFINED') throw new Error(message);
    },
  });
  for (const path of readdirSync(dist, { recursive: true })) {
    if (path.endsWith('.js')) rmSync(join(dist, path));
  }
  await build.write({ dir: dist, chunkFileNames: 'chunks/[name].js', hoistTransitiveImports: false });
  await build.close();
}
