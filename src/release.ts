import { createRequire } from 'node:module';

const findRelease = (): string => {
  const require = createRequire(import.meta.url);
  for (const up of ['..', '../..']) {
    try {
      return (require(`${up}/package.json`) as { version: string }).version;
    } catch {
      // One level higher: built files lie in dist/.
    }
  }
  return 'unknown';
};

/** The release of this package, `0.1.0`, wherever the program was built to. */
export const release = findRelease();
