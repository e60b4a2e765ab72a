import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import { demoDataFolder } from '../config/data-folder.ts';
import { PasswordFile, readAccountFile } from '../demo/index.ts';
import { runPhone } from '../phone/terminal.ts';
import type { Trust } from '../phone/trust.ts';
import type { Console } from './console.ts';
import { CliFailure } from './failure.ts';

/** Which certificates are accepted, as the command line says. */
export interface TrustOptions {
  /** PEM file of a private authority. */
  readonly ca?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly insecure?: boolean | undefined;
}

/** What the command line said. */
export interface PhoneOptions extends TrustOptions {
  readonly url?: string | undefined;
  readonly user?: string | undefined;
  /** Version to speak; the newest that both know unless told. */
  readonly eas?: ProtocolVersion | undefined;
  readonly once?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly data?: string | undefined;
}

/** Reads the file of the authority. */
export const trustOf = ({ ca, fingerprint, insecure }: TrustOptions): Trust => {
  if (ca === undefined) return { fingerprint, insecure };
  try {
    return { ca: readFileSync(ca, 'utf8'), fingerprint, insecure };
  } catch (error) {
    throw new CliFailure(`The authority's certificate ${ca} cannot be read: ${(error as Error).message}`);
  }
};

/** Runs the terminal phone, against the demo unless a server is named. */
export const phone = async (options: PhoneOptions, io: Console): Promise<number> => {
  const { url, user, eas: version, once, json } = options;
  const demoFile = join(options.data ?? demoDataFolder(io.env), PasswordFile);
  const demo = url === undefined ? await readAccountFile(demoFile) : undefined;
  const trust = {
    ...(demo?.fingerprint === undefined ? {} : { fingerprint: demo.fingerprint }),
    ...defined(trustOf(options)),
  };
  const end = new AbortController();
  const stop = (): void => end.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const { input, output, env } = io;
  return runPhone({ url, user, trust, version, once, json, demoFile }, { input, output, env, signal: end.signal });
};

const defined = (trust: Trust): Trust =>
  Object.fromEntries(Object.entries(trust).filter(([, value]) => value !== undefined));
