import { SmartForwardRequest, SmartForwardResponse } from '../../protocol/commands/compose-mail.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import { bodyText } from './body-text.ts';
import { type Command, CommandFailure, type CommandRequest } from './command.ts';
import { type ForwardWish, forwardEvent } from './forward-event.ts';
import { checkWishes } from './sending.ts';
import type { Services } from './services.ts';
import { ownMessage, smartSend } from './smart-send.ts';
import { resolveItem } from './smart-source.ts';

/** SmartForward ([MS-ASCMD] 2.2.1.19): a mail that the server puts the original and its attachments into. */
export const smartForwardCommand = (services: Services): Command<SmartForwardRequest, SmartForwardResponse> => ({
  name: 'SmartForward',
  request: SmartForwardRequest,
  response: SmartForwardResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: async (context, request) => {
    const wish = forwardOf(services, request);
    const item = await resolveItem(context, wish.source);
    if (item.folder.itemClass === 'Calendar') await forwardEvent(services, context, item, wish);
    else await smartSend(services, context, wish);
    return { kind: 'empty' };
  },
  failure: (status) => ({ status }),
});

const forwardOf = (services: Services, request: CommandRequest<SmartForwardRequest>): ForwardWish => {
  const { body } = request;
  const isWrittenHere = body?.forwardees !== undefined || body?.body !== undefined;
  return isWrittenHere ? toForwardees(services, body) : ownMessage('forward', request);
};

/** Recipients of one forward at most: what mail systems take in one go. */
const MaxForwardees = 500;

const AddressForm = /^[^\s<>"(),;:\\@\p{Cc}]+@[^\s<>"(),;:\\@\p{Cc}]+$/u;

/** From 16.0 on the server writes the mail, for those whom the device names ([MS-ASCMD] 2.2.3.78). */
const toForwardees = ({ composer }: Services, request: SmartForwardRequest): ForwardWish => {
  const { source, clientId, forwardees = [], body } = request;
  // MS-ASCMD_R7176, R7467, R7468: what belongs to a message of the device's own must not stand beside them.
  const others = [request.mime, request.saveInSentItems || undefined, request.replaceMime || undefined];
  if ([...others, request.templateId].some((each) => each !== undefined)) {
    throw new CommandFailure(GlobalStatus.invalidMimeBodyCombination, 'Forwardees stand without a message');
  }
  checkWishes(request);
  const usable = forwardees.length <= MaxForwardees && forwardees.every(({ email }) => AddressForm.test(email));
  const text = body === undefined ? undefined : bodyText(body);
  if (forwardees.length === 0 || !usable || (body !== undefined && text === undefined)) {
    throw new CommandFailure(GlobalStatus.invalidSmartForwardParameters, 'The Forwardees or the Body cannot be read');
  }
  const message = (header: Uint8Array) => composer.forwardMessage(header, forwardees, text);
  const wish = {
    verb: 'forward',
    source,
    clientId,
    saveInSentItems: true,
    replaceMime: false,
    uploaded: undefined,
  } as const;
  return { ...wish, message, written: { forwardees, text } };
};
