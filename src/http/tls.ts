import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Log } from '../handlers/context.ts';
import type { TlsOptions } from './options.ts';

/** Milliseconds between looks at the certificate files: renewals come weeks before the end. */
const WatchInterval = 60_000;

/** Certificate and key, as the server takes them. */
export interface KeyPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

const readPem = (file: string, what: string): Buffer => {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`The ${what} ${file} cannot be read: phones cannot connect without it`, { cause: error });
  }
};

/** Reads certificate and key and sees whether they fit together. Throws an error that names the file. */
export const readKeyPair = (options: TlsOptions): KeyPair => {
  const pair = { cert: readPem(options.certFile, 'certificate'), key: readPem(options.keyFile, 'key') };
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new Error(`${options.certFile} and ${options.keyFile} are no certificate and its key`, { cause: error });
  }
  return pair;
};

/** Keeps the certificate of a server up to date; connections that exist stay. */
export interface CertificateReloader {
  /** Reads the files again; a pair that does not fit is logged and the old one stays. */
  reload(): void;
  stop(): void;
}

/** Watches the files of a certificate, following links as renewals swap them. */
export const reloadCertificates = (
  server: Server,
  options: TlsOptions,
  log: Log,
  interval: number = WatchInterval,
): CertificateReloader => {
  const reload = (): void => {
    try {
      server.setSecureContext(readKeyPair(options));
      log.info({ certFile: options.certFile }, 'The TLS certificate was read again');
    } catch (error) {
      log.error({ reason: String(error) }, 'The TLS certificate cannot be used: the old one stays in use');
    }
  };
  const files = [options.certFile, options.keyFile];
  for (const file of files) watchFile(file, { interval, persistent: false }, reload);
  return {
    reload,
    stop: () => {
      for (const file of files) unwatchFile(file, reload);
    },
  };
};
