import type { Submission } from '../../backends/contract/mail.ts';
import { SendMailRequest, SendMailResponse } from '../../protocol/commands/compose-mail.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import { stillToTell } from '../meetings/told-by-server.ts';
import type { OutgoingMessage } from '../send/send-once.ts';
import { type Command, CommandFailure, type CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { checkWishes, send, sourceOf } from './sending.ts';
import { meetingDesk, type Services, sendScope } from './services.ts';

/** SendMail ([MS-ASCMD] 2.2.1.17), as WBXML or as raw MIME; the Content-Type tells, not the version. */
export const sendMailCommand = (services: Services): Command<SendMailRequest, SendMailResponse> => ({
  name: 'SendMail',
  request: SendMailRequest,
  response: SendMailResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: async (context, request): Promise<Answer<SendMailResponse>> => {
    await sendMail(services, context, request);
    return { kind: 'empty' };
  },
  failure: (status) => ({ status }),
});

const sendMail = async (
  services: Services,
  context: Context,
  request: CommandRequest<SendMailRequest>,
): Promise<void> => {
  if (request.body !== undefined) checkWishes(request.body);
  const message = messageOf(request);
  // Nobody gets an invitation twice. To the device it was sent.
  const recipients = await stillToTell(meetingDesk(services, context), message.uploaded);
  if (recipients?.length === 0) return;
  const scope = sendScope(services, context);
  await send(
    recipients === undefined ? scope : { ...scope, submission: onlyTo(scope.submission, recipients) },
    message,
  );
};

/** Sends to some of a message's recipients. */
const onlyTo = (submission: Submission, recipients: readonly string[]): Submission => ({
  keepsSentCopy: submission.keepsSentCopy,
  submit: (mail, signal) => submission.submit({ ...mail, recipients }, signal),
});

const messageOf = ({
  body,
  mime,
  parameters,
}: CommandRequest<SendMailRequest>): OutgoingMessage & { readonly uploaded: ByteSource } => {
  if (mime !== undefined) {
    const compose = async () => ({ message: mime });
    return { uploaded: mime, clientId: undefined, saveInSentItems: parameters.saveInSent, compose };
  }
  if (body === undefined) throw new CommandFailure(GlobalStatus.invalidContent, 'SendMail came without a message');
  const message = sourceOf(body.mime);
  const { clientId, saveInSentItems } = body;
  return { uploaded: message, clientId, saveInSentItems: saveInSentItems === true, compose: async () => ({ message }) };
};
