import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import { DemoDomain, PasswordFile } from '../demo/index.ts';
import { createLog } from '../observe/log.ts';
import { redisName } from '../redis/url.ts';
import { StateUnavailable } from '../state/contract.ts';
import { backendKinds, type PlacedConfig, type Running, run } from '../wiring.ts';
import type { Console } from './console.ts';
import { CliFailure } from './failure.ts';
import { lockFolder } from './folder-lock.ts';
import { untilStopped } from './signals.ts';

/** What the command line said. */
export interface ConfigOption {
  readonly config: string;
}

/** Reads the configuration; what is wrong with it is told in words. */
export const readConfigFile = (file: string, { env }: Pick<Console, 'env'>): PlacedConfig => {
  try {
    return loadConfig(file, env, backendKinds);
  } catch (error) {
    throw error instanceof ConfigError ? new CliFailure(error.message, { cause: error }) : error;
  }
};

/** Demo accounts have passwords that anyone may have seen on a terminal: they are never served in earnest. */
export const refuseDemo = ({ dataFolder, domains }: PlacedConfig): void => {
  if (existsSync(join(dataFolder, PasswordFile))) {
    throw new CliFailure(
      `The data folder ${dataFolder} holds the demo accounts of \`postrider start\`, which are not for serving in ` +
        'earnest. Name another folder with dataFolder or POSTRIDER_DATA.',
    );
  }
  if (domains.includes(DemoDomain)) {
    throw new CliFailure(
      `${DemoDomain} is the domain of the demo accounts, which are not served in earnest. Name your own mail domains ` +
        'in domains.',
    );
  }
};

/** Errors of the system that the administrator can do something about. */
const Advice: Readonly<Record<string, (address: string) => string>> = {
  EADDRINUSE: (address) => `${address} is in use by another program. Stop that, or choose another listen.address.`,
  EACCES: (address) =>
    `Listening on ${address} is not allowed: ports below 1024 need a right. Choose a higher port behind a proxy, or ` +
    'give the right (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE).',
  EADDRNOTAVAIL: (address) => `${address} is no address of this machine. Correct listen.address.`,
  ENOTFOUND: (address) => `The name in ${address} is unknown. Correct listen.address.`,
};

/** Turns what keeps the server from starting into words. */
const startFailure = (error: unknown, { listen: { address }, redis, state }: PlacedConfig): unknown => {
  const { code, port, address: host } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (error instanceof StateUnavailable) {
    const where = redis === undefined ? `the state file ${state.file}` : redisName(redis.url);
    return new CliFailure(`Postrider cannot start: ${where} cannot be used: ${error.reason}.`, { cause: error });
  }
  const advice = Advice[code ?? ''];
  if (advice !== undefined)
    return new CliFailure(advice(`${host ?? address.host}:${port ?? address.port}`), { cause: error });
  return error instanceof Error ? new CliFailure(`Postrider cannot start: ${error.message}.`, { cause: error }) : error;
};

const startServer = async (config: PlacedConfig, log: ReturnType<typeof createLog>): Promise<Running> => {
  try {
    return await run(config, { log });
  } catch (error) {
    throw startFailure(error, config);
  }
};

/** Serves as the configuration says until the process is told to stop. */
export const serve = async ({ config: file }: ConfigOption, io: Console): Promise<number> => {
  const config = readConfigFile(file, io);
  refuseDemo(config);
  const unlock = lockFolder(config.dataFolder);
  try {
    const log = createLog({ level: config.logLevel });
    const running = await startServer(config, log);
    const { url, observeUrl } = running;
    log.info(
      { url, observeUrl, publicUrl: config.publicUrl, dataFolder: config.dataFolder },
      'Postrider serves phones',
    );
    return await untilStopped(running, log, io.errors);
  } finally {
    unlock();
  }
};
