import { SendMailRequest, SendMailResponse } from '../../protocol/commands/compose-mail.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import type { OutgoingMessage } from '../send/send-once.ts';
import { type Command, CommandFailure, type CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { checkWishes, send, sourceOf } from './sending.ts';
import { type Services, sendScope } from './services.ts';

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
): Promise<unknown> => {
  if (request.body !== undefined) checkWishes(request.body);
  return send(sendScope(services, context), messageOf(request));
};

const messageOf = ({ body, mime, parameters }: CommandRequest<SendMailRequest>): OutgoingMessage => {
  if (mime !== undefined) {
    const compose = async () => ({ message: mime });
    return { uploaded: mime, clientId: undefined, saveInSentItems: parameters.saveInSent, compose };
  }
  if (body === undefined) throw new CommandFailure(GlobalStatus.invalidContent, 'SendMail came without a message');
  const message = sourceOf(body.mime);
  const { clientId, saveInSentItems } = body;
  return { uploaded: message, clientId, saveInSentItems: saveInSentItems === true, compose: async () => ({ message }) };
};
