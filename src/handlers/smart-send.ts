import type { TextForms } from '../../backends/contract/composer.ts';
import { isBackendError } from '../../backends/contract/errors.ts';
import type { MailStore } from '../../backends/contract/mail.ts';
import { GlobalStatus } from '../../protocol/status.ts';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import { loadOriginal, type MailItem, type OriginalScope, readHeader, type Verb } from '../send/original.ts';
import type { Composition, OutgoingMessage } from '../send/send-once.ts';
import { CommandFailure } from './command.ts';
import type { Context } from './context.ts';
import { send } from './sending.ts';
import { type Services, sendScope, tellMoved } from './services.ts';
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
  const outcome = await send(sendScope(services, context), outgoing(services, context, { mail, item, wish }));
  if (outcome === 'sent') await noteVerb(services, context, mail, item, wish.verb);
};

interface Work {
  readonly mail: MailStore;
  readonly item: MailItem;
  readonly wish: SmartSend;
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
  { mail, item, wish }: Work,
  seed: string,
): Promise<Composition> => {
  const { composer, openSpool } = services;
  const scope: OriginalScope = { mail, composer, openSpool, signal: context.signal };
  const header = await readHeader(scope, item);
  const thread = composer.threadOf(header, wish.verb === 'reply');
  const own = wish.message(header);
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
const noteVerb = async (
  services: Services,
  context: Context,
  mail: MailStore,
  { folder, id }: MailItem,
  verb: Verb,
): Promise<void> => {
  try {
    await mail.update(folder, id, verb === 'reply' ? { answered: true } : { forwarded: true });
    tellMoved(services, context, folder);
  } catch (error) {
    context.log.warn(
      { account: context.account.name, error: String(error) },
      'A mail was answered or forwarded, and could not be marked so',
    );
  }
};

/** The failure of a request that has nothing to be sent. */
export const nothingToSend = (command: string): CommandFailure =>
  new CommandFailure(GlobalStatus.invalidContent, `${command} came without a message`);
