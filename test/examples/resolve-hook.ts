import type { ResolveHook } from 'node:module';

/** Examples say `import … from 'varve'`, as users do; here that is what was just compiled, not an older build in dist/. */
const BUILT: Record<string, string> = {
  varve: 'index.js',
  'varve/blocks': 'blocks/index.js',
  'varve/msgpack': 'msgpack.js',
  'varve/testing': 'testing/index.js',
};

export const resolve: ResolveHook = (specifier, context, next) => {
  const file = BUILT[specifier];
  return next(file === undefined ? specifier : new URL(`../../src/${file}`, import.meta.url).href, context);
};
