import { isBackendError } from '../../backends/contract/errors.ts';
import { SendMailRequest, SendMailResponse } from '../../protocol/commands/compose-mail.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import { type ByteSource, bytesSource } from '../../protocol/wbxml/bytes.ts';
import { type OutgoingMessage, sendOnce } from '../send/send-once.ts';
import { type Command, CommandFailure, type CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { partitionOf, type Services } from './services.ts';

/** SendMail ([MS-ASCMD] 2.2.1.17), as WBXML or as raw MIME; the Content-Type tells, not the version. */
export const sendMailCommand = (services: Services): Command<SendMailRequest, SendMailResponse> => ({
  name: 'SendMail',
  request: SendMailRequest,
  response: SendMailResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: (context, request) => sendMail(services, context, request),
  failure: (status) => ({ status }),
});

const sendMail = async (
  services: Services,
  context: Context,
  request: CommandRequest<SendMailRequest>,
): Promise<Answer<SendMailResponse>> => {
  const message = messageOf(request);
  const { submission, mail, folders } = context.backend;
  if (submission === undefined) {
    throw new CommandFailure(GlobalStatus.accountSendDisabled, 'No backend of this account can send mail');
  }
  const outcome = await sendOnce(
    {
      store: context.state,
      partition: partitionOf(context),
      account: context.account,
      submission,
      mail,
      folders,
      now: () => context.clock.now(),
      log: context.log,
      locks: services.locks,
      read: services.readOutgoing,
      stored: (folder) =>
        services.hub.publish(context.account.name, { kind: 'moved', folder, position: undefined, arrived: false }),
    },
    message,
  ).catch((error: unknown) => {
    throw submissionFailure(error);
  });
  // A repeated ClientId is told so; a repeated raw message, which has no ClientId, was sent all the same.
  if (outcome === 'sent before' && message.clientId !== undefined) {
    throw new CommandFailure(GlobalStatus.messagePreviouslySent, 'This message was sent before');
  }
  return { kind: 'empty' };
};

const messageOf = ({ body, mime, parameters }: CommandRequest<SendMailRequest>): OutgoingMessage => {
  if (mime !== undefined) return { mime, clientId: undefined, saveInSentItems: parameters.saveInSent };
  if (body === undefined) throw new CommandFailure(GlobalStatus.invalidContent, 'SendMail came without a message');
  return { mime: sourceOf(body.mime), clientId: body.clientId, saveInSentItems: body.saveInSentItems === true };
};

const sourceOf = (mime: SendMailRequest['mime']): ByteSource => {
  if ('read' in mime) return mime;
  if (mime instanceof Uint8Array) return bytesSource(mime);
  throw new TypeError('A request holds bytes, never a spool');
};

/** Why a mail was not sent, as a device tells its user ([MS-ASCMD] 2.2.2). */
const submissionFailure = (error: unknown): unknown => {
  if (isBackendError(error, 'rejected'))
    return new CommandFailure(GlobalStatus.mailSubmissionFailed, error.message, error);
  if (isBackendError(error, 'tooLarge'))
    return new CommandFailure(GlobalStatus.sendQuotaExceeded, error.message, error);
  if (isBackendError(error, 'overQuota'))
    return new CommandFailure(GlobalStatus.mailboxQuotaExceeded, error.message, error);
  return error;
};
