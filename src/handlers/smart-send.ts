import type { TextForms } from '../../backends/contract/composer.ts';
import { isBackendError } from '../../backends/contract/errors.ts';
import type { MailRequest, MailStore } from '../../backends/contract/mail.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import { type ByteSource, bytesSource } from '../../protocol/wbxml/bytes.ts';
import { LastVerb, replyVerb } from '../send/last-verb.ts';
import { loadOriginal, type MailItem, type OriginalScope, readHeader, type Verb } from '../send/original.ts';
import type { Composition, OutgoingMessage } from '../send/send-once.ts';
import { CommandFailure } from './command.ts';
import type { Context } from './context.ts';
import { send } from './sending.ts';
import { type Services, sendScope, syncScope, tellMoved } from './services.ts';
import { itemNotFound, resolveSource, type SmartSource } from './smart-source.ts';

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
    // First what the flags cannot hold: whoever is woken by them reads it.
    await syncScope(services, context).followUps.executed(folder, id, {
      verb: executed.verb,
      at: context.clock.now(),
      told: isForward ? await toldAfterForward(context, mail, item) : LastVerb.replyToSender,
    });
    await mail.update(folder, id, isForward ? { forwarded: true } : { answered: true });
    tellMoved(services, context, folder);
  } catch (error) {
    context.log.warn(
      { account: context.account.name, error: String(error) },
      'A mail was answered or forwarded, and could not be marked so',
    );
  }
};

/** What the flags tell of a mail that is forwarded: that it was answered, if it was. */
const toldAfterForward = async (context: Context, mail: MailStore, { folder, id }: MailItem): Promise<LastVerb> => {
  const request: MailRequest = { preferences: [], mimeSupport: 0, flagsOnly: true };
  for await (const result of mail.read(folder, [id], request, context.signal)) {
    if (result.outcome === 'item' && result.item.lastVerbExecuted === LastVerb.replyToSender) {
      return LastVerb.replyToSender;
    }
  }
  return LastVerb.forward;
};

/** The failure of a request that has nothing to be sent. */
export const nothingToSend = (command: string): CommandFailure =>
  new CommandFailure(GlobalStatus.invalidContent, `${command} came without a message`);
