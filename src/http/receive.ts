import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isMimeType, isWbxmlType } from '../../protocol/http/headers.ts';
import { SchemaError } from '../../protocol/schema/errors.ts';
import { readDocument } from '../../protocol/schema/read.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import { WbxmlError } from '../../protocol/wbxml/errors.ts';
import type { AnyCommand, CommandRequest } from '../handlers/command.ts';
import type { OpenSpool } from '../spool.ts';
import { readBody } from './body.ts';
import type { HttpLimits } from './options.ts';
import { type Refusal, refused } from './refusal.ts';
import type { ActiveSyncLine } from './request-line.ts';

/** A request whose body has arrived and is understood. */
export interface Received {
  readonly request: CommandRequest<unknown>;
  /** Frees a spooled body, once the response no longer needs it; absent when nothing is to be freed. */
  readonly release?: (() => Promise<void>) | undefined;
}

/** Commands whose body may be raw MIME ([MS-ASCMD] 2.2.1.17, 2.2.1.19, 2.2.1.20). */
const MimeCommands: ReadonlySet<string> = new Set(['SendMail', 'SmartForward', 'SmartReply']);

/** [MS-ASCMD] 2.2.2: Status 101, HTTP 400 for the versions without it. */
const invalidContent = (message: string): Refusal => refused(400, message, GlobalStatus.invalidContent);

/** A client of any version may send raw MIME; a body without a Content-Type is taken for WBXML. */
const isMime = (contentType: string | undefined, command: AnyCommand): boolean => {
  if (contentType === undefined || isWbxmlType(contentType)) return false;
  if (isMimeType(contentType) && MimeCommands.has(command.name)) return true;
  throw invalidContent(`${command.name} takes no body of the type "${contentType}"`);
};

const decode = (command: AnyCommand, source: ByteSource, line: ActiveSyncLine): unknown => {
  if (command.request === undefined) throw invalidContent(`${command.name} takes no WBXML body`);
  try {
    return readDocument(command.request, source, { version: line.version });
  } catch (error) {
    if (error instanceof WbxmlError) throw refused(400, error.message, GlobalStatus.invalidWbxml);
    if (error instanceof SchemaError) throw refused(400, error.message, GlobalStatus.invalidXml);
    throw error;
  }
};

const understand = (
  command: AnyCommand,
  line: ActiveSyncLine,
  contentType: string | undefined,
  source: ByteSource,
): CommandRequest<unknown> => {
  const request = { parameters: line.parameters, policyKey: line.policyKey ?? 0 };
  if (source.length === 0) {
    if (command.bodyOptional) return { ...request, body: undefined, mime: undefined };
    throw invalidContent(`${command.name} needs a body`);
  }
  return isMime(contentType, command)
    ? { ...request, body: undefined, mime: source }
    : { ...request, body: decode(command, source, line), mime: undefined };
};

/** Bytes of a body that tell it from others: all of an ordinary request, the beginning of a large upload. */
const DigestBytes = 65_536;

/** Tells bodies apart, at a cost that large ones do not raise. */
const digestOf = (source: ByteSource): string =>
  createHash('sha256').update(source.read(0, DigestBytes)).update(String(source.length)).digest('base64').slice(0, 16);

/** Called with the digest of a body (empty: there is none) before it is decoded; may wait, or refuse. */
export type OnBody = (digest: string) => Promise<void> | undefined;

/**
 * Reads and decodes the body of a request under the limits. Throws a refusal: 413 too large, Status
 * 101 not what the command takes, 102 no WBXML, 103 not as the schema of the command says.
 */
export const receive = async (
  request: IncomingMessage,
  command: AnyCommand,
  line: ActiveSyncLine,
  settings: { readonly limits: HttpLimits; readonly openSpool: OpenSpool },
  onBody?: OnBody,
): Promise<Received> => {
  const body = await readBody(request, settings.limits, settings.openSpool);
  try {
    const wait = onBody?.(body.source.length === 0 ? '' : digestOf(body.source));
    if (wait !== undefined) await wait;
    return {
      request: understand(command, line, request.headers['content-type'], body.source),
      release: body.close,
    };
  } catch (error) {
    await body.close?.();
    throw error;
  }
};
