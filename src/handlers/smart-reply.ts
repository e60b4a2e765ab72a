import { SmartReplyRequest, SmartReplyResponse } from '../../protocol/commands/compose-mail.ts';
import type { Command } from './command.ts';
import type { Services } from './services.ts';
import { ownMessage, smartSend } from './smart-send.ts';

/** SmartReply ([MS-ASCMD] 2.2.1.20): an answer that the server puts the original under. */
export const smartReplyCommand = (services: Services): Command<SmartReplyRequest, SmartReplyResponse> => ({
  name: 'SmartReply',
  request: SmartReplyRequest,
  response: SmartReplyResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: async (context, request) => {
    await smartSend(services, context, ownMessage('reply', request));
    return { kind: 'empty' };
  },
  failure: (status) => ({ status }),
});
