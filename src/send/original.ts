import type { CarriedPart, MailComposer, Original, TextForm, TextForms } from '../../backends/contract/composer.ts';
import { BackendError, isBackendError } from '../../backends/contract/errors.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import { BodyType, type MailStore } from '../../backends/contract/mail.ts';
import { type Attachment, AttachmentMethod } from '../../protocol/classes/air-sync-base.ts';
import type { Email } from '../../protocol/classes/email.ts';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import { type OpenSpool, SourceCollector } from '../spool-collector.ts';

/** A mail in a folder. */
export interface MailItem {
  readonly folder: FolderId;
  readonly id: ItemId;
}

/** What reading an original needs. */
export interface OriginalScope {
  readonly mail: MailStore;
  readonly composer: MailComposer;
  readonly openSpool: OpenSpool;
  readonly signal: AbortSignal;
}

/** What becomes of an original. */
export type Verb = 'reply' | 'forward';

/** A part that stands in the new message as it stands in the store. */
export interface CarriedBody extends MailItem {
  readonly part: string;
  readonly body: ByteSource;
}

/** An original, ready to be joined with a new message. */
export interface LoadedOriginal {
  readonly original: Original;
  readonly carried: readonly CarriedBody[];
  /** Frees what was spooled. */
  close(): Promise<void>;
}

/** Bytes of a message in which its header ends. */
const HeaderBytes = 262_144;

/** The header block of a mail. Throws `notFound`. */
export const readHeader = async ({ mail, signal }: OriginalScope, { folder, id }: MailItem): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const { open } = await mail.message(folder, id, signal);
  for await (const chunk of open()) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= HeaderBytes || /\n\r?\n/.test(Buffer.from(chunk).toString('latin1'))) break;
  }
  const start = Buffer.concat(chunks);
  const end = /\r?\n\r?\n/.exec(start.toString('latin1'));
  return end === null ? start : start.subarray(0, end.index + end[0].length);
};

/**
 * Reads what goes along of an original. For a reply that is its text and the pictures in it, for a
 * forward every part. An encrypted one goes along whole, and so does any that cannot be quoted whole.
 * Bodies of parts are copied as they stand, through a file where they are many.
 */
export const loadOriginal = async (
  scope: OriginalScope,
  item: MailItem,
  header: Uint8Array,
  own: TextForms,
  verb: Verb,
): Promise<LoadedOriginal> => {
  const collector = new SourceCollector(scope.openSpool);
  try {
    const texts = await readTexts(scope, item, header, own);
    const wanted = texts.whole ? [] : attachmentsFor(texts, verb);
    const parts: Collected[] = [];
    for (const attachment of wanted) parts.push(await collectPart(scope, item, collector, attachment));
    if (goesWhole(texts, verb)) parts.push(await collectWhole(scope, item, collector));
    const kept = parts.filter(({ fields }) => !isSignature(fields));
    const ready = kept.map(({ fields, body, part }) => ({ fields, part, body: body() }));
    return {
      original: { header, ...texts, parts: ready.map(({ fields, body }): CarriedPart => ({ fields, body })) },
      carried: ready.flatMap(({ part, body }) => (part === undefined ? [] : [{ ...item, part, body }])),
      close: () => collector.close(),
    };
  } catch (error) {
    await collector.close();
    throw error;
  }
};

/** An invitation is no attachment of its mail, nor text: it goes along within the message that it came with. */
const goesWhole = ({ whole, cut, email }: Texts, verb: Verb): boolean =>
  verb === 'forward' ? whole || email?.meetingRequest !== undefined : cut;

interface Texts {
  readonly email: Email | undefined;
  readonly received: Date | undefined;
  readonly plain?: string | undefined;
  readonly html?: string | undefined;
  /** The original is attached as a message: it cannot be taken apart, or not be quoted whole. */
  readonly whole: boolean;
  /** Its text is too long to be quoted whole. */
  readonly cut: boolean;
}

const readTexts = async (scope: OriginalScope, item: MailItem, header: Uint8Array, own: TextForms): Promise<Texts> => {
  const first = await readForm(scope, item, own.html ? 'html' : 'plain');
  const received = first.email?.dateReceived;
  const { encrypted } = scope.composer.contentKind(header);
  if (own.sealed || encrypted || first.email === undefined) {
    return { email: first.email, received, whole: true, cut: false };
  }
  const native: TextForm = first.email.nativeBodyType === BodyType.html ? 'html' : 'plain';
  const texts: { plain?: string; html?: string } = {};
  let cut = false;
  for (const form of scope.composer.neededForms(own, native)) {
    const read = (own.html ? 'html' : 'plain') === form ? first : await readForm(scope, item, form);
    texts[form] = read.text;
    cut ||= read.cut;
  }
  return { email: first.email, received, ...texts, whole: cut, cut };
};

interface FormRead {
  readonly email: Email | undefined;
  readonly text: string;
  readonly cut: boolean;
}

const readForm = async (
  { mail, signal }: OriginalScope,
  { folder, id }: MailItem,
  form: TextForm,
): Promise<FormRead> => {
  const request = {
    preferences: [{ type: form === 'html' ? BodyType.html : BodyType.plain }],
    mimeSupport: 0,
  } as const;
  for await (const result of mail.read(folder, [id], request, signal)) {
    if (result.outcome === 'missing') throw new BackendError('notFound', { detail: 'the original' });
    if (result.outcome === 'unreadable') return { email: undefined, text: '', cut: false };
    const { body } = result.item;
    const text = typeof body?.data === 'string' ? body.data : '';
    return { email: result.item, text, cut: body?.truncated === true };
  }
  throw new BackendError('notFound', { detail: 'the original' });
};

const attachmentsFor = ({ email, html }: Texts, verb: Verb): Attachment[] => {
  const all = (email?.attachments ?? []).flatMap((each) => (each.kind === 'attachment' ? [each] : []));
  if (verb === 'forward') return all;
  return all.filter(({ contentId }) => contentId !== undefined && html?.includes(`cid:${contentId}`));
};

/** A part that is collected; its body is there once all are. */
interface Collected {
  readonly fields: Uint8Array;
  readonly body: () => ByteSource;
  /** Name of the part whose body it is, byte for byte. */
  readonly part: string | undefined;
}

const collectPart = async (
  scope: OriginalScope,
  { folder, id }: MailItem,
  collector: SourceCollector,
  { fileReference: part, displayName = '', contentId, contentLocation, isInline, method }: Attachment,
): Promise<Collected> => {
  const { mail, composer, signal } = scope;
  try {
    const { fields, open } = await mail.encodedPart(folder, id, part, signal);
    return { fields, body: await collector.add(open()), part };
  } catch (error) {
    if (!isBackendError(error, 'notFound')) throw error;
    // What was opened out of another format is no part of the message: it goes along decoded.
    const { contentType, open } = await mail.attachment(folder, id, part, signal);
    const content = await collector.add(open());
    const facts = {
      clientId: part,
      name: displayName,
      contentType,
      contentId,
      contentLocation,
      inline: isInline === true,
      message: method === AttachmentMethod.embeddedMessage,
    };
    const { fields } = composer.attachmentPart({ ...facts, content: content() });
    return { fields, body: () => composer.attachmentPart({ ...facts, content: content() }).body, part: undefined };
  }
};

const collectWhole = async (
  { mail, composer, signal }: OriginalScope,
  { folder, id }: MailItem,
  collector: SourceCollector,
): Promise<Collected> => {
  const { open } = await mail.message(folder, id, signal);
  const body = await collector.add(open());
  return { fields: composer.messagePart(body(), 'original.eml').fields, body, part: undefined };
};

/** A signature says nothing of a message that quotes what was signed. */
const isSignature = (fields: Uint8Array): boolean =>
  /^content-type:\s*application\/(?:x-)?(?:pkcs7|pgp)-signature/im.test(Buffer.from(fields).toString('latin1'));
