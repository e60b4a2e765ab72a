import { SmartReplyRequest, SmartReplyResponse } from '../../protocol/commands/compose-mail.ts';
import type { Command, CommandRequest } from './command.ts';
import { checkWishes, sourceOf } from './sending.ts';
import type { Services } from './services.ts';
import { nothingToSend, type SmartSend, smartSend } from './smart-send.ts';
import { sourceOfLine } from './smart-source.ts';

/** SmartReply ([MS-ASCMD] 2.2.1.20): an answer that the server puts the original under. */
export const smartReplyCommand = (services: Services): Command<SmartReplyRequest, SmartReplyResponse> => ({
  name: 'SmartReply',
  request: SmartReplyRequest,
  response: SmartReplyResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: async (context, request) => {
    await smartSend(services, context, replyOf(request));
    return { kind: 'empty' };
  },
  failure: (status) => ({ status }),
});

const replyOf = ({ body, mime, parameters }: CommandRequest<SmartReplyRequest>): SmartSend => {
  const verb = 'reply';
  if (mime !== undefined) {
    const source = sourceOfLine(parameters);
    const saveInSentItems = parameters.saveInSent;
    return {
      verb,
      source,
      clientId: undefined,
      saveInSentItems,
      replaceMime: false,
      uploaded: mime,
      message: () => mime,
    };
  }
  if (body === undefined) throw nothingToSend('SmartReply');
  checkWishes(body);
  const { source, clientId } = body;
  const message = sourceOf(body.mime);
  const [saveInSentItems, replaceMime] = [body.saveInSentItems === true, body.replaceMime === true];
  return { verb, source, clientId, saveInSentItems, replaceMime, uploaded: message, message: () => message };
};
