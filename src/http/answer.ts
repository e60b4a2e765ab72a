import type { AnyElement } from '../../protocol/schema/describe.ts';
import { writeDocument } from '../../protocol/schema/write.ts';
import { encodeMultipart } from '../../protocol/types/multipart.ts';
import type { ProtocolVersion } from '../../protocol/versions.ts';
import type { AnyCommand } from '../handlers/command.ts';
import type { Answer } from '../handlers/context.ts';
import type { Outcome } from './outcome.ts';

/** [MS-ASHTTP] 2.2.2.1.2.4. */
const WbxmlType = { 'Content-Type': 'application/vnd.ms-sync.wbxml', 'Cache-Control': 'private' };
/** [MS-ASCMD] 2.2.1.10.1.1. */
const MultipartType = { 'Content-Type': 'application/vnd.ms-sync.multipart', 'Cache-Control': 'private' };

/** A document as a response. */
export const documentOutcome = (root: AnyElement, value: unknown, version: ProtocolVersion): Outcome => ({
  http: 200,
  headers: WbxmlType,
  body: writeDocument(root, value, version),
  compressible: true,
});

const responseOf = (command: AnyCommand): AnyElement => {
  if (command.response !== undefined) return command.response;
  throw new Error(`${command.name} answered a document, but has no schema for one`);
};

/** What a handler answered, as a response. */
export const answerOutcome = (command: AnyCommand, answer: Answer<unknown>, version: ProtocolVersion): Outcome => {
  switch (answer.kind) {
    case 'document':
      return {
        ...documentOutcome(answer.root ?? responseOf(command), answer.value, version),
        onSent: answer.onSent,
      };
    case 'empty':
      return { http: 200, headers: { 'Cache-Control': 'private' }, onSent: answer.onSent };
    case 'multipart':
      return {
        http: 200,
        headers: MultipartType,
        body: encodeMultipart(writeDocument(responseOf(command), answer.value, version), answer.parts),
        onSent: answer.onSent,
      };
    case 'raw':
      return {
        http: 200,
        headers: { 'Content-Type': answer.contentType },
        body: [answer.content],
        onSent: answer.onSent,
      };
  }
};
