import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './environment.ts';

/** The user's folder for what programs keep, as each system has it. */
const stateHome = (env: Environment, platform: NodeJS.Platform): string => {
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  if (platform === 'win32') return env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local');
  return env.XDG_STATE_HOME || join(homedir(), '.local', 'state');
};

/**
 * Where Postrider keeps its files unless the configuration says so: `POSTRIDER_DATA`, else
 * `STATE_DIRECTORY` (systemd names the first folder of a unit first), else the user's state folder.
 */
export const defaultDataFolder = (env: Environment, platform: NodeJS.Platform = process.platform): string =>
  env.POSTRIDER_DATA || env.STATE_DIRECTORY?.split(':')[0] || join(stateHome(env, platform), 'postrider');

/** Where the demo keeps its files: apart from a real server's, unless `POSTRIDER_DATA` names the folder. */
export const demoDataFolder = (env: Environment, platform: NodeJS.Platform = process.platform): string =>
  env.POSTRIDER_DATA || join(stateHome(env, platform), 'postrider-demo');
