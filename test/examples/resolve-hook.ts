import type { ResolveHook } from 'node:module';

/** Examples say `import … from 'varve'`, as users do; here that is what was just compiled, not an older build in dist/. */
export const resolve: ResolveHook = (specifier, context, next) =>
  next(specifier === 'varve' ? new URL('../../src/index.js', import.meta.url).href : specifier, context);
