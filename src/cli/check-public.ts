import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { CheckLine } from '../../backends/contract/backend.ts';
import { ActiveSyncPath } from '../../protocol/http/headers.ts';

const Day = 86_400_000;

/** Days before its end in which a certificate is reported: renewals that work come earlier. */
const SoonDays = 14;

/** How long a server gets to answer, in milliseconds. */
const Patience = 10_000;

/** What the end of a certificate means; `now` and `end` in milliseconds since 1970. */
export const expiryLine = (what: string, end: number, now: number): CheckLine => {
  const days = Math.floor((end - now) / Day);
  const date = new Date(end).toISOString().slice(0, 10);
  if (end <= now) {
    return { ok: false, what, meaning: `the certificate ended on ${date}: phones refuse it. Renew it.` };
  }
  if (days < SoonDays) {
    return { ok: 'missing', what, meaning: `the certificate ends on ${date}, in ${days} days. Does its renewal work?` };
  }
  return { ok: true, what, meaning: `the certificate is valid until ${date}` };
};

/** Looks at the certificate file of the listener. */
export const certificateLine = (certFile: string, now: number): CheckLine => {
  try {
    const { validTo } = new X509Certificate(readFileSync(certFile));
    return expiryLine('listen.tls', Date.parse(validTo), now);
  } catch (error) {
    return { ok: false, what: 'listen.tls', meaning: `${certFile} cannot be used: ${(error as Error).message}` };
  }
};

/** What an address answered to a phone's first question, and the end of its certificate. */
interface Answered {
  readonly status: number;
  readonly certificateEnd: number | undefined;
}

const ask = (url: URL): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? tlsRequest : plainRequest;
    const asked = request(new URL(ActiveSyncPath, url), { method: 'OPTIONS', timeout: Patience, agent: false });
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${Patience / 1000} s`)));
    asked.once('error', reject);
    asked.once('response', (response: IncomingMessage) => {
      const { valid_to: end } = (response.socket as TLSSocket).getPeerCertificate?.() ?? {};
      response.resume();
      resolve({ status: response.statusCode ?? 0, certificateEnd: end === undefined ? undefined : Date.parse(end) });
    });
    asked.end();
  });

/** Looks whether `publicUrl` leads to an ActiveSync server, and how long its certificate lasts. */
export const publicUrlLines = async (publicUrl: string, now: number): Promise<readonly CheckLine[]> => {
  try {
    const { status, certificateEnd } = await ask(new URL(publicUrl));
    const expiry = certificateEnd === undefined ? [] : [expiryLine('publicUrl certificate', certificateEnd, now)];
    return [statusLine(publicUrl, status), ...expiry];
  } catch (error) {
    const meaning =
      `${publicUrl} cannot be reached from here: ${(error as Error).message}. Is Postrider running, does the proxy ` +
      'pass /Microsoft-Server-ActiveSync on, and do phones trust its certificate?';
    return [{ ok: false, what: 'publicUrl', meaning }];
  }
};

/** Postrider asks who is there (401); whatever else answers is not Postrider. */
const statusLine = (publicUrl: string, status: number): CheckLine =>
  status === 401
    ? { ok: true, what: 'publicUrl', meaning: `${publicUrl} answers as ActiveSync does` }
    : {
        ok: false,
        what: 'publicUrl',
        meaning: `${publicUrl} answers HTTP ${status} instead of asking for a password (401): does the proxy in front pass ${ActiveSyncPath} on to Postrider?`,
      };
