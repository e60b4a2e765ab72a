import { readFileSync } from 'node:fs';
import { defaultDataFolder } from './data-folder.ts';
import type { Environment } from './environment.ts';
import { ConfigError } from './problem.ts';
import { readConfig } from './read.ts';
import type { BackendKinds, Config } from './schema.ts';

/** Reads a configuration file and settles where data is kept. Throws {@link ConfigError}. */
export const loadConfig = (
  file: string,
  env: Environment,
  kinds: BackendKinds,
): Config & { readonly dataFolder: string } => {
  const config = readConfig({ text: readText(file), file, env, kinds });
  return { ...config, dataFolder: config.dataFolder ?? defaultDataFolder(env) };
};

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `cannot be read: ${(error as Error).message}. Name the file with --config`;
    throw new ConfigError(file, [{ line: undefined, column: undefined, setting: '', message }]);
  }
};
