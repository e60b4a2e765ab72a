import type { IncomingMessage } from 'node:http';
import type { CommandName } from '../../protocol/http/command-codes.ts';
import { parseRequestLine, type RequestLine, RequestLineError } from '../../protocol/http/request-line.ts';
import { GlobalStatus, legacyHttp } from '../../protocol/status.ts';
import { type Ability, can, type ProtocolVersion } from '../../protocol/versions.ts';
import type { LineParameters } from '../handlers/command.ts';
import type { DeviceIdentity } from '../handlers/context.ts';
import { refused } from './refusal.ts';

/** What the request line and its headers say, checked. */
export interface ActiveSyncLine {
  readonly command: CommandName;
  readonly version: ProtocolVersion;
  readonly device: DeviceIdentity;
  /** `undefined`: not sent; 0: the device says that it has none. */
  readonly policyKey: number | undefined;
  readonly parameters: LineParameters;
}

/** Longest User-Agent that is kept: it is stored and logged. */
const MaxUserAgent = 200;

/** Commands that not every version has, by the ability that they need. */
const CommandAbilities: { readonly [Name in CommandName]?: Ability } = {
  GetAttachment: 'getAttachment',
  GetHierarchy: 'getAttachment',
  Find: 'find',
};

/** Node joins repeated headers, but gives some as arrays. */
const headerOf = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** The query as it was sent: the base64 form does not survive a parser of parameters. */
const queryOf = (url: string): string => {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
};

/** A line that cannot be served has no document to answer with, so all versions get an HTTP status. */
const parse = (request: IncomingMessage): RequestLine => {
  try {
    return parseRequestLine(queryOf(request.url ?? ''), (name) => headerOf(request, name));
  } catch (error) {
    if (error instanceof RequestLineError) throw refused(legacyHttp(error.status), error.message);
    throw error;
  }
};

/**
 * Reads the request line of a POST ([MS-ASHTTP] 2.2.1.1.1). Throws a refusal: 400 for a malformed
 * line, a missing device or an unknown version, 501 for an unknown command.
 */
export const readLine = (request: IncomingMessage): ActiveSyncLine => {
  const line = parse(request);
  if (line.version === undefined) throw refused(400, 'The request names no protocol version (MS-ASProtocolVersion)');
  const userAgent = request.headers['user-agent']?.slice(0, MaxUserAgent);
  return {
    command: line.command,
    version: line.version,
    device: { id: line.deviceId, type: line.deviceType, userAgent },
    policyKey: line.policyKey,
    parameters: line.parameters,
  };
};

/** Throws a refusal, Status 138, when the version does not have the command. */
export const demandVersionOf = ({ command, version }: ActiveSyncLine): void => {
  const ability = CommandAbilities[command];
  if (ability === undefined || can(version, ability)) return;
  throw refused(400, `${command} does not exist in version ${version}`, GlobalStatus.versionNotSupported);
};
