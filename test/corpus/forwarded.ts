import PostalMime, { type Email as Parsed } from 'postal-mime';
import { attachmentsElsewhere, isPackaged, withoutLineEnds } from './checking.ts';
import type { CorpusMessage } from './messages.ts';
import { type Encoding, transferred } from './writing.ts';

/** A signature says nothing of a message that quotes what was signed: it is left out of forwards. */
export const Signature = /^application\/(?:x-)?(?:pkcs7|pgp)-signature$/;

const parsed = (raw: Uint8Array): Promise<Parsed> =>
  PostalMime.parse(raw, { forceRfc822Attachments: true, attachmentEncoding: 'arraybuffer' });

const contentOf = ({ content }: Parsed['attachments'][number]): string =>
  withoutLineEnds(new Uint8Array(content as ArrayBuffer));

/** What a message consists of, put together anew: attachments without line ends, text without blanks. */
const readElsewhere = async (raw: Uint8Array) => {
  const { attachments, text, html } = await parsed(raw);
  return {
    attachments: attachments.map((one) => ({ content: contentOf(one), isSignature: Signature.test(one.mimeType) })),
    text: withoutBlanks(`${text} ${unescaped(html ?? '')}`),
  };
};

const withoutBlanks = (text: string): string => text.replace(/\s+/g, '');

const Entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&', nbsp: ' ' };

const unescaped = (html: string): string =>
  html.replace(/<br>/g, '').replace(/&(lt|gt|quot|amp|nbsp);/g, (_, name: string) => Entities[name] ?? '');

/** How a content may stand in a message. */
const encodings = (content: Uint8Array): Buffer[] =>
  (['8bit', 'base64', 'quoted-printable'] satisfies Encoding[]).map((encoding) =>
    transferred(Buffer.from(content), encoding),
  );

/** Contents of attachments that stand in the original and not in the forward in the very bytes they are encoded in. */
const encodedAnew = ({ name, raw, attachments = [] }: CorpusMessage, forward: Buffer): readonly Uint8Array[] => {
  // What lies in a winmail.dat stands nowhere encoded alone.
  if (name.startsWith('winmail')) return [];
  const original = Buffer.from(raw);
  return attachments.filter((content) =>
    encodings(content).some((one) => original.includes(one) && !forward.includes(one)),
  );
};

/**
 * What of a message is not in the forward of it, in words: its text, the contents of its attachments, and of those
 * that were generated the very bytes that they are encoded in. A message that goes along whole has all of it.
 */
export const lostInForward = async (message: CorpusMessage, forward: Uint8Array): Promise<readonly string[]> =>
  lostInForwards(message, [Buffer.from(forward)]);

/** The same of several forwards of one message. */
export const lostInForwards = async (
  message: CorpusMessage,
  forwards: readonly Buffer[],
): Promise<readonly string[]> => {
  const { name, raw, text = '', attachments } = message;
  const quoting = forwards.filter((forward) => raw.length === 0 || !forward.includes(Buffer.from(raw)));
  if (quoting.length === 0) return [];
  const before = await readElsewhere(raw);
  const signatures = before.attachments.filter(({ isSignature }) => isSignature).map(({ content }) => content);
  const elsewhere = isPackaged(message) ? await attachmentsElsewhere(message) : [];
  const contents = attachments?.map(withoutLineEnds) ?? elsewhere;
  const wanted = contents.filter((content) => !signatures.includes(content));
  const lost: string[] = [];
  for (const forward of quoting) {
    const after = await readElsewhere(forward);
    const arrived = new Set(after.attachments.map(({ content }) => content));
    const anew = encodedAnew(message, forward).filter((one) => !signatures.includes(withoutLineEnds(one)));
    lost.push(...wanted.filter((one) => !arrived.has(one)).map((one) => `${name}: ${one.slice(0, 200)}`));
    lost.push(...anew.map(() => `${name}: an attachment is encoded in another way`));
    if (!after.text.includes(withoutBlanks(text))) lost.push(`${name}: "${text}" is not in "${after.text}"`);
  }
  return lost;
};
