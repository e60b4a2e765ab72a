import { decodeText } from './charset.ts';
import { charsetOfCodepage } from './codepages.ts';
import { type MapiProperties, mapiProperties, PropertyId } from './mapi.ts';

/**
 * TNEF, the format of winmail.dat ([MS-OXTNEF]): a message of Outlook as a list of attributes.
 *
 *     4   signature 0x223E9F78, little-endian as everything
 *     2   key
 *     then attributes:
 *       1   level: 1 the message, 2 an attachment
 *       4   id
 *       4   length
 *       …   data
 *       2   checksum of the data: their sum. It is not looked at: what is damaged is still worth showing
 */

/** Bytes of a winmail.dat that is opened: all of it is in memory, once as received and once decoded. */
export const MaxTnefBytes = 4 * 1_048_576;

/** Attachments that are read of one winmail.dat; a response lists every one. */
export const MaxTnefAttachments = 500;

/** Attributes that are read; a message of hundreds of attachments has some thousands. */
const MaxAttributes = 10_000;

/** Messages within messages that are opened. */
const MaxNesting = 4;

const Signature = 0x223e9f78;
const [MessageLevel, AttachmentLevel] = [1, 2];

/** Attributes that are read ([MS-OXTNEF] 2.1.3.2). */
const Attribute = {
  oemCodepage: 0x00069007,
  messageClass: 0x00078008,
  subject: 0x00018004,
  body: 0x0002800c,
  messageProperties: 0x00069003,
  attachRendering: 0x00069002,
  attachTitle: 0x00018010,
  attachData: 0x0006800f,
  attachProperties: 0x00069005,
} as const;

/** An attachment in a winmail.dat. */
export interface TnefAttachment {
  /** `''`: it has none. */
  readonly name: string;
  /** Lower case; `undefined`: not told. */
  readonly contentType: string | undefined;
  readonly contentId: string | undefined;
  readonly contentLocation: string | undefined;
  /** Shown within the text. */
  readonly isInline: boolean;
  readonly bytes: Uint8Array;
  /** An attached message, opened; `bytes` is then empty. */
  readonly message: TnefMessage | undefined;
}

/** What a winmail.dat holds. */
export interface TnefMessage {
  /** `IPM.Note`; `''`: not told. */
  readonly messageClass: string;
  readonly properties: MapiProperties;
  readonly text: string | undefined;
  /** HTML as bytes in the charset `htmlCharset`. */
  readonly html: Uint8Array | undefined;
  readonly htmlCharset: string;
  /** RTF, still compressed ([MS-OXRTFCP]). */
  readonly compressedRtf: Uint8Array | undefined;
  readonly attachments: readonly TnefAttachment[];
}

/** The bytes are no TNEF. */
export class TnefError extends Error {}

/**
 * Reads a winmail.dat. One that ends early gives what was there.
 *
 * @throws TnefError when it does not begin like one.
 */
export const readTnef = (bytes: Uint8Array): TnefMessage => readNested(bytes, 0);

const readNested = (bytes: Uint8Array, depth: number): TnefMessage => {
  const view = viewOf(bytes);
  if (bytes.length < 6 || view.getUint32(0, true) !== Signature) throw new TnefError('not a winmail.dat');
  const draft = new Draft(depth);
  let at = 6;
  for (let count = 0; count < MaxAttributes && at + 9 <= bytes.length; count++) {
    const [level, id, length] = [bytes[at] as number, view.getUint32(at + 1, true), view.getUint32(at + 5, true)];
    if (level !== MessageLevel && level !== AttachmentLevel) break;
    draft.take(id, bytes.subarray(at + 9, Math.min(bytes.length, at + 9 + length)));
    at += 9 + length + 2;
  }
  return draft.finish();
};

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const NoProperties = mapiProperties(new Uint8Array(0), '');

/** An attachment while its attributes are read. */
class OpenAttachment {
  title = '';
  data: Uint8Array | undefined;
  properties = NoProperties;
}

/** A message while its attributes are read. */
class Draft {
  readonly #depth: number;
  #charset = 'windows-1252';
  #class = '';
  #body: string | undefined;
  #properties = NoProperties;
  readonly #attachments: OpenAttachment[] = [];

  constructor(depth: number) {
    this.#depth = depth;
  }

  take(id: number, data: Uint8Array): void {
    const attachment = this.#attachments.at(-1);
    if (id === Attribute.oemCodepage && data.length >= 4)
      this.#charset = charsetOfCodepage(viewOf(data).getUint32(0, true));
    else if (id === Attribute.messageClass) this.#class = this.#text(data);
    else if (id === Attribute.body) this.#body = this.#text(data);
    else if (id === Attribute.messageProperties) this.#properties = mapiProperties(data, this.#charset);
    else if (id === Attribute.attachRendering) this.#attachments.push(new OpenAttachment());
    else if (attachment === undefined || this.#attachments.length > MaxTnefAttachments) return;
    else if (id === Attribute.attachTitle) attachment.title = this.#text(data);
    else if (id === Attribute.attachData) attachment.data = data;
    else if (id === Attribute.attachProperties) attachment.properties = mapiProperties(data, this.#charset);
  }

  #text(data: Uint8Array): string {
    return decodeText(data, this.#charset).replace(/\0[\s\S]*$/, '');
  }

  finish(): TnefMessage {
    const properties = this.#properties;
    const codepage = properties.integer(PropertyId.internetCodepage);
    return {
      messageClass: properties.text(PropertyId.messageClass) ?? withoutPrefix(this.#class),
      properties,
      text: properties.text(PropertyId.body) ?? this.#body,
      ...htmlOf(properties, codepage === undefined ? this.#charset : charsetOfCodepage(codepage)),
      compressedRtf: properties.bytes(PropertyId.compressedRtf),
      attachments: this.#attachments
        .slice(0, MaxTnefAttachments)
        .map((attachment) => attachmentOf(attachment, this.#depth)),
    };
  }
}

const htmlOf = (properties: MapiProperties, charset: string): Pick<TnefMessage, 'html' | 'htmlCharset'> => {
  const bytes = properties.bytes(PropertyId.html);
  if (bytes !== undefined) return { html: bytes, htmlCharset: charset };
  const text = properties.text(PropertyId.html);
  return { html: text === undefined ? undefined : new TextEncoder().encode(text), htmlCharset: 'utf-8' };
};

/** Old names of classes ([MS-OXTNEF] 2.1.3.3.7.1). */
const withoutPrefix = (name: string): string => {
  const plain = name.replace(/^IPM\.Microsoft Mail\./i, 'IPM.');
  return plain
    .replace(/^IPM\.Schedule\.(?:Meeting)?$/i, 'IPM.Note')
    .replace(/^IPM\.Microsoft Schedule\.Mtg/i, 'IPM.Schedule.Meeting.');
};

/** Methods of an attachment ([MS-OXCMSG] 2.2.2.9). */
const EmbeddedMessage = 5;

/** Bit of PidTagAttachFlags: the text names it. */
const InText = 4;

const attachmentOf = ({ title, data, properties }: OpenAttachment, depth: number): TnefAttachment => {
  const name = properties.text(PropertyId.attachLongFilename) ?? (title || properties.text(PropertyId.attachFilename));
  const contentId = properties.text(PropertyId.attachContentId);
  const bytes = data ?? properties.bytes(PropertyId.attachData) ?? new Uint8Array(0);
  return {
    name: name || properties.text(PropertyId.displayName) || '',
    contentType: properties.text(PropertyId.attachMimeTag)?.toLowerCase(),
    contentId,
    contentLocation: properties.text(PropertyId.attachContentLocation),
    isInline: contentId !== undefined && ((properties.integer(PropertyId.attachFlags) ?? 0) & InText) !== 0,
    ...contentOf(properties, bytes, depth),
  };
};

/** An attached message is a TNEF of its own, behind the 16 bytes that name its kind ([MS-OXTNEF] 2.1.3.4.2). */
const contentOf = (
  properties: MapiProperties,
  bytes: Uint8Array,
  depth: number,
): Pick<TnefAttachment, 'bytes' | 'message'> => {
  const object = properties.object(PropertyId.attachData);
  const isMessage = properties.integer(PropertyId.attachMethod) === EmbeddedMessage || object !== undefined;
  if (!isMessage || depth >= MaxNesting) return { bytes: object ?? bytes, message: undefined };
  try {
    return { bytes: new Uint8Array(0), message: readNested((object ?? bytes).subarray(16), depth + 1) };
  } catch (error) {
    if (!(error instanceof TnefError)) throw error;
    return { bytes: object ?? bytes, message: undefined };
  }
};
