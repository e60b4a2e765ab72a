import { isBackendError } from '../../backends/contract/errors.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import { findFolder, loadHierarchy } from '../folders/hierarchy-state.ts';
import { parseFileReference } from '../sync/server-id.ts';
import { collectAttachment } from './attachment-content.ts';
import { type Command, CommandFailure } from './command.ts';
import type { Answer, Context } from './context.ts';
import { partitionOf, type Services } from './services.ts';

/** GetAttachment, up to 12.1 ([MS-ASCMD] 2.2.1.7): the bytes themselves, named on the request line. */
export const getAttachmentCommand = (services: Services): Command<undefined, never> => ({
  name: 'GetAttachment',
  request: undefined,
  response: undefined,
  bodyOptional: true,
  needsPolicyKey: () => true,
  handle: (context, { parameters }) => getAttachment(services, context, parameters.attachmentName ?? ''),
});

const getAttachment = async (
  { openSpool }: Services,
  context: Context,
  fileReference: string,
): Promise<Answer<never>> => {
  const reference = parseFileReference(fileReference);
  const { state } = await loadHierarchy(context.state, partitionOf(context));
  const folder = reference === undefined ? undefined : findFolder(state, reference.collectionId);
  const { mail } = context.backend;
  if (reference === undefined || folder === undefined || mail === undefined) throw notFound();
  try {
    const attachment = await mail.attachment(folder.folder, reference.itemId, reference.part, context.signal);
    const collected = await collectAttachment(attachment, openSpool);
    return {
      kind: 'raw',
      contentType: attachment.contentType,
      content: collected.content(undefined, 'bytes'),
      onSent: () => void collected.close().catch(() => {}),
    };
  } catch (error) {
    if (isBackendError(error, 'notFound')) throw notFound(error);
    throw error;
  }
};

const notFound = (cause?: unknown): CommandFailure =>
  new CommandFailure(GlobalStatus.itemNotFound, 'No attachment of this account has this name', cause);
