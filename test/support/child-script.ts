import { resolve } from 'node:path';

/**
 * A program that tests and benches start, as scripts/build-children.mjs has built it; `path` is that of its source.
 * Both are seen from the project's folder, in which npm runs everything.
 */
export const childScript = (path: string): string =>
  resolve('.build/children', `${path.replaceAll('/', '-').replace(/\.ts$/, '')}.js`);
