import { SmartForwardRequest, SmartForwardResponse } from '../../protocol/commands/compose-mail.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import { type Command, CommandFailure, type CommandRequest } from './command.ts';
import { checkWishes, sourceOf } from './sending.ts';
import type { Services } from './services.ts';
import { nothingToSend, type SmartSend, smartSend } from './smart-send.ts';
import { sourceOfLine } from './smart-source.ts';

/** SmartForward ([MS-ASCMD] 2.2.1.19): a mail that the server puts the original and its attachments into. */
export const smartForwardCommand = (services: Services): Command<SmartForwardRequest, SmartForwardResponse> => ({
  name: 'SmartForward',
  request: SmartForwardRequest,
  response: SmartForwardResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: async (context, request) => {
    await smartSend(services, context, forwardOf(services, request));
    return { kind: 'empty' };
  },
  failure: (status) => ({ status }),
});

const verb = 'forward';

const forwardOf = (services: Services, { body, mime, parameters }: CommandRequest<SmartForwardRequest>): SmartSend => {
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
  if (body === undefined) throw nothingToSend('SmartForward');
  if (body.forwardees !== undefined || body.body !== undefined) return toForwardees(services, body);
  checkWishes(body);
  if (body.mime === undefined) throw nothingToSend('SmartForward');
  const { source, clientId } = body;
  const message = sourceOf(body.mime);
  const [saveInSentItems, replaceMime] = [body.saveInSentItems === true, body.replaceMime === true];
  return { verb, source, clientId, saveInSentItems, replaceMime, uploaded: message, message: () => message };
};

/** Recipients of one forward at most: what mail systems take in one go. */
const MaxForwardees = 500;

const AddressForm = /^[^\s<>"(),;:\\@\p{Cc}]+@[^\s<>"(),;:\\@\p{Cc}]+$/u;

/** From 16.0 on the server writes the mail, for those whom the device names ([MS-ASCMD] 2.2.3.78). */
const toForwardees = ({ composer }: Services, request: SmartForwardRequest): SmartSend => {
  const { source, clientId, forwardees = [], body } = request;
  // MS-ASCMD_R7176, R7467, R7468: what belongs to a message of the device's own must not stand beside them.
  const others = [request.mime, request.saveInSentItems || undefined, request.replaceMime || undefined];
  if ([...others, request.templateId].some((each) => each !== undefined)) {
    throw new CommandFailure(GlobalStatus.invalidMimeBodyCombination, 'Forwardees stand without a message');
  }
  checkWishes(request);
  const usable = forwardees.length <= MaxForwardees && forwardees.every(({ email }) => AddressForm.test(email));
  const text = body === undefined ? undefined : textOf(body);
  if (forwardees.length === 0 || !usable || (body !== undefined && text === undefined)) {
    throw new CommandFailure(GlobalStatus.invalidSmartForwardParameters, 'The Forwardees or the Body cannot be read');
  }
  const message = (header: Uint8Array) => composer.forwardMessage(header, forwardees, text);
  return { verb, source, clientId, saveInSentItems: true, replaceMime: false, uploaded: undefined, message };
};

const textOf = ({ type, data }: NonNullable<SmartForwardRequest['body']>) => {
  const form = type === 1 ? ('plain' as const) : type === 2 ? ('html' as const) : undefined;
  if (form === undefined) return undefined;
  if (data === undefined || typeof data === 'string') return { form, text: data ?? '' };
  const bytes = sourceOf(data);
  return { form, text: Buffer.from(bytes.read(0, bytes.length)).toString('utf8') };
};
