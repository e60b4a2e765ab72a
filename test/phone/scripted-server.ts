import { type CommandDocuments, CommandTable } from '../../protocol/commands/index.ts';
import type { CommandName } from '../../protocol/http/command-codes.ts';
import { ContentTypes, isWbxmlType } from '../../protocol/http/headers.ts';
import { parseRequestLine, type RequestLine } from '../../protocol/http/request-line.ts';
import { readDocument, writeDocument } from '../../protocol/schema/index.ts';
import { bytesSource, type Piece } from '../../protocol/wbxml/bytes.ts';
import type { RequestOf, ResponseOf } from '../../src/phone/channel.ts';
import { type CannedServer, cannedServer, type SeenRequest } from './canned-server.ts';

/** A request as the scripted server understood it. */
export interface ReadRequest<Name extends CommandName = CommandName> {
  readonly line: RequestLine;
  /** The document; `undefined`: no body, or none of WBXML. */
  readonly body: RequestOf<Name> | undefined;
  readonly seen: SeenRequest;
}

/** What the script answers: a document, bytes of their own, or an HTTP code. */
export type ScriptedAnswer<Name extends CommandName> =
  | { readonly document: ResponseOf<Name> }
  /** No answer at all: the request is held. */
  | { readonly held: true }
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly bytes?: Uint8Array };

/** The answer to each command. */
export type Script = {
  readonly [Name in CommandName]?: (request: ReadRequest<Name>) => ScriptedAnswer<Name>;
};

/** A server that answers as its script says. */
export interface ScriptedServer extends CannedServer {
  /** Every POST that came. */
  readonly requests: readonly ReadRequest[];
}

export const bytesOf = (pieces: readonly Piece[]): Uint8Array =>
  Buffer.concat(pieces.filter((piece): piece is Uint8Array => piece instanceof Uint8Array));

/** Headers of OPTIONS, unless the test wants others. */
export const OfferHeaders = {
  'MS-ASProtocolVersions': '12.1,14.0,14.1,16.0,16.1',
  'MS-ASProtocolCommands': 'Sync,Ping,FolderSync',
};

/** Starts a server that speaks ActiveSync by a script. */
export const scriptedServer = async (
  script: Script,
  offer: Record<string, string> = OfferHeaders,
): Promise<ScriptedServer> => {
  const requests: ReadRequest[] = [];
  const server = await cannedServer((seen, response) => {
    if (seen.method === 'OPTIONS') return void response.writeHead(200, offer).end();
    const request = understood(seen);
    requests.push(request);
    const { line } = request;
    const answer = answerTo(script, line.command, request);
    if ('held' in answer) return;
    const { status = 200, headers, bytes } = 'document' in answer ? encoded(line, answer.document) : answer;
    response.writeHead(status, headers).end(bytes);
  });
  return { ...server, requests };
};

/** `understood` read the request by the table of the same command that the script is asked for. */
const answerTo = <Name extends CommandName>(
  script: { readonly [Command in Name]?: (request: ReadRequest<Command>) => ScriptedAnswer<Command> },
  command: Name,
  request: ReadRequest<Name>,
): ScriptedAnswer<Name> => script[command]?.(request) ?? { status: 501 };

const understood = (seen: SeenRequest): ReadRequest => {
  const query = seen.url.slice(seen.url.indexOf('?') + 1);
  const line = parseRequestLine(query, (name) => {
    const value = seen.headers[name];
    return typeof value === 'string' ? value : undefined;
  });
  const documents: CommandDocuments = CommandTable[line.command];
  const readable = documents.request !== undefined && isWbxmlType(seen.headers['content-type']) && seen.body.length > 0;
  return {
    line,
    seen,
    body: readable && documents.request ? readDocument(documents.request, bytesSource(seen.body)) : undefined,
  };
};

const encoded = ({ command, version }: RequestLine, document: unknown) => {
  const { response }: CommandDocuments = CommandTable[command];
  if (response === undefined) throw new Error(`${command} has no document`);
  const bytes = bytesOf(writeDocument(response, document, version ?? '16.1'));
  return { status: 200, headers: { 'Content-Type': ContentTypes.wbxml }, bytes };
};

/** Provisioning as a server does it: a temporary key 111, then the final key. */
export const provisioning =
  (finalKey = 222): NonNullable<Script['Provision']> =>
  ({ body }) => {
    const key = body?.policies?.[0]?.policyKey === undefined ? 111 : finalKey;
    const policy = { policyType: 'MS-EAS-Provisioning-WBXML', status: 1, policyKey: String(key) };
    return { document: { status: 1, policies: [key === 111 ? { ...policy, data: { easProvisionDoc: {} } } : policy] } };
  };
