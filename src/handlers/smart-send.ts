import type { TextForms } from '../../backends/contract/composer.ts';
import { isBackendError } from '../../backends/contract/errors.ts';
import type { MailRequest, MailStore } from '../../backends/contract/mail.ts';
import type { SmartForwardRequest } from '../../protocol/commands/compose-mail.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import { type ByteSource, bytesSource } from '../../protocol/wbxml/bytes.ts';
import { LastVerb, replyVerb } from '../send/last-verb.ts';
import { loadOriginal, type MailItem, type OriginalScope, readHeader, type Verb } from '../send/original.ts';
import type { Composition, OutgoingMessage } from '../send/send-once.ts';
import { tellAgain } from '../sync/tell-again.ts';
import { CommandFailure, type CommandRequest } from './command.ts';
import type { Context } from './context.ts';
import { checkWishes, send, sourceOf } from './sending.ts';
import { type Services, sendScope, syncScope, tellMoved } from './services.ts';
import { itemNotFound, resolveSource, type SmartSource, sourceOfLine } from './smart-source.ts';

/** What SmartReply and SmartForward ask for, in whatever form they came. */
export interface SmartSend {
  readonly verb: Verb;
  readonly source: SmartSource;
  readonly clientId: string | undefined;
  readonly saveInSentItems: boolean;
  /** The device has the original in its message already: nothing is added (MS-ASCMD_R3775). */
  readonly replaceMime: boolean;
  readonly uploaded: ByteSource | undefined;
  /** The device's message, out of the original's header where the server writes it. */
  message(originalHeader: Uint8Array): ByteSource;
}

/**
 * What a device asks for that wrote the message itself: in a document, or as MIME alone, with all else on the request
 * line. Throws CommandFailure for one that has no message.
 */
export const ownMessage = (verb: Verb, { body, mime, parameters }: CommandRequest<OwnMessageRequest>): SmartSend => {
  if (mime !== undefined) {
    const source = sourceOfLine(parameters);
    const own = { clientId: undefined, saveInSentItems: parameters.saveInSent, replaceMime: false };
    return { verb, source, ...own, uploaded: mime, message: () => mime };
  }
  if (body !== undefined) checkWishes(body);
  if (body?.mime === undefined)
    throw new CommandFailure(GlobalStatus.invalidContent, `There is nothing to ${verb} with`);
  const { source, clientId } = body;
  const message = sourceOf(body.mime);
  const [saveInSentItems, replaceMime] = [body.saveInSentItems === true, body.replaceMime === true];
  return { verb, source, clientId, saveInSentItems, replaceMime, uploaded: message, message: () => message };
};

/** What the documents of both commands have in common. */
type OwnMessageRequest = Omit<SmartForwardRequest, 'forwardees' | 'body'>;

/** Sends a mail that answers or forwards another one, and notes with that one that it was. */
export const smartSend = async (services: Services, context: Context, wish: SmartSend): Promise<void> => {
  const { mail } = context.backend;
  if (mail === undefined) throw itemNotFound();
  const item = await resolveSource(context, wish.source);
  const work: Work = { mail, item, wish, executed: { verb: LastVerb.forward } };
  const outcome = await send(sendScope(services, context), outgoing(services, context, work));
  if (outcome === 'sent') await noteVerb(services, context, work);
};

interface Work {
  readonly mail: MailStore;
  readonly item: MailItem;
  readonly wish: SmartSend;
  /** What is done with the original, known once the message is made. */
  readonly executed: { verb: LastVerb };
}

const outgoing = (services: Services, context: Context, work: Work): OutgoingMessage => {
  const { uploaded, clientId, saveInSentItems, verb } = work.wish;
  const purpose = `${verb} ${work.item.folder} ${work.item.id}`;
  return {
    uploaded,
    clientId,
    saveInSentItems,
    purpose,
    compose: (seed) =>
      compose(services, context, work, seed).catch((error: unknown) => {
        throw isBackendError(error, 'notFound') ? itemNotFound() : error;
      }),
  };
};

const compose = async (
  services: Services,
  context: Context,
  { mail, item, wish, executed }: Work,
  seed: string,
): Promise<Composition> => {
  const { composer, openSpool } = services;
  const scope: OriginalScope = { mail, composer, openSpool, signal: context.signal };
  const header = await readHeader(scope, item);
  const thread = composer.threadOf(header, wish.verb === 'reply');
  const own = wish.message(header);
  if (wish.verb === 'reply') {
    executed.verb = replyVerb(context.account, composer.read(bytesSource(header)), composer.read(own));
  }
  if (wish.replaceMime) return { message: own, thread };
  const forms: TextForms = composer.textForms(own);
  const loaded = await loadOriginal(scope, item, header, forms, wish.verb);
  try {
    const message = composer.joinOriginal(own, loaded.original, seed);
    return { message, thread, carried: loaded.carried, close: () => loaded.close() };
  } catch (error) {
    await loaded.close();
    throw error;
  }
};

/** The mail is sent, so that a mark that cannot be set is no reason to tell the user otherwise. */
const noteVerb = async (services: Services, context: Context, work: Work): Promise<void> => {
  const { mail, item, executed } = work;
  const { folder, id } = item;
  const isForward = executed.verb === LastVerb.forward;
  try {
    const before = await flagsOf(context, mail, item);
    // First what the flags cannot hold: whoever is woken by them reads it.
    await syncScope(services, context).followUps.executed(folder, id, {
      verb: executed.verb,
      at: context.clock.now(),
      // A mail that was answered tells so, and not that it was forwarded as well.
      told: isForward && before?.verb !== LastVerb.replyToSender ? LastVerb.forward : LastVerb.replyToSender,
    });
    const { revision } = await mail.update(folder, id, isForward ? { forwarded: true } : { answered: true });
    // The flags told it already: nothing but the time is new, of which the mail server knows nothing.
    if (revision === before?.revision) await tellAgain(context.state, context.account.name, item);
    tellMoved(services, context, folder);
  } catch (error) {
    context.log.warn(
      { account: context.account.name, error: String(error) },
      'A mail was answered or forwarded, and could not be marked so',
    );
  }
};

/** What the flags of a mail tell; `undefined`: it is gone. */
const flagsOf = async (context: Context, mail: MailStore, { folder, id }: MailItem) => {
  const request: MailRequest = { preferences: [], mimeSupport: 0, flagsOnly: true };
  for await (const result of mail.read(folder, [id], request, context.signal)) {
    if (result.outcome === 'item') return { revision: result.revision, verb: result.item.lastVerbExecuted };
  }
  return undefined;
};
