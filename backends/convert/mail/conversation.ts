import {
  conversationIndexHeader,
  conversationIndexOfThread,
  HeaderLength,
  LevelLength,
} from '../../../protocol/types/conversation-index.ts';
import { type HeaderFields, headerText, messageIds } from './headers.ts';

/** Which conversation a mail belongs to, and where in it ([MS-ASCON] 2.2.2.3, 2.2.2.4). */

/**
 * What mail programs put before the subject of an answer, in the languages in use; a count may
 * follow, `Re[2]:`.
 */
const AnswerPrefix =
  /^(?:re|fwd?|aw|wg|sv|vs|vb|antw|doorst|ref|tr|rv|enc|res|odp|pd|ynt|ilt|i|r|bls|tl|atb|回复|答复|转发|回覆|轉寄|返信|転送)\s{0,3}(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s{0,3}[:：]\s*/iu;

/** Prefixes that are taken off one subject. */
const MaxPrefixes = 50;

/** The subject of a conversation: that of a mail without `Re:`, `Fwd:` and the like. */
export const threadTopic = (subject: string): string => {
  let topic = subject.trim();
  for (let i = 0; i < MaxPrefixes; i++) {
    const match = AnswerPrefix.exec(topic);
    if (match === null) break;
    topic = topic.slice(match[0].length);
  }
  return topic;
};

/**
 * 16 bytes that all mails of a conversation share, in every folder and on every device: a digest of the server's
 * THREADID, else of the Message-ID of its first mail (the first in References, else In-Reply-To, else this mail's
 * own), without ids of the topic; `undefined` where there is nothing of all that.
 */
export const conversationId = (headers: HeaderFields, thread?: string): Uint8Array | undefined => {
  if (thread !== undefined) return fnv1a128(`thread:${thread}`);
  const root =
    messageIds(headers.get('references'))[0] ??
    messageIds(headers.get('in-reply-to'))[0] ??
    messageIds(headers.get('message-id'))[0];
  if (root !== undefined) return fnv1a128(`id:${root}`);
  const topic = threadTopic(headerText(headers.get('subject') ?? '')).toLowerCase();
  return topic === '' ? undefined : fnv1a128(`topic:${topic}`);
};

/** Digits of 16 bits, the lowest first: their products and carries fit into a number exactly. */
const FnvBasis = [0xc58d, 0x6295, 0x2175, 0x62b8, 0x0142, 0x07bb, 0x272e, 0x6c62];

/** The prime is 2^88 and this: the part of the product that 2^88 makes is the hash shifted by five digits and a byte. */
const FnvLow = 0x13b;
const [HighDigits, HighBits] = [5, 8];

/** FNV-1a of 128 bits over the text in UTF-8: a digest that needs no secrecy, only few collisions. */
export const fnv1a128 = (text: string): Uint8Array => {
  let [hash, product] = [Uint32Array.from(FnvBasis), new Uint32Array(FnvBasis.length)];
  for (const byte of new TextEncoder().encode(text)) {
    hash[0] = at(hash, 0) ^ byte;
    multiplyByPrime(hash, product);
    [hash, product] = [product, hash];
  }
  return Uint8Array.from({ length: 16 }, (_, i) => (at(hash, 7 - (i >> 1)) >> (i % 2 === 0 ? 8 : 0)) & 0xff);
};

const multiplyByPrime = (hash: Uint32Array, product: Uint32Array): void => {
  let carry = 0;
  for (let i = 0; i < hash.length; i++) {
    const shifted = i < HighDigits ? 0 : at(hash, i - HighDigits) << HighBits;
    const sum = at(hash, i) * FnvLow + shifted + carry;
    product[i] = sum & 0xffff;
    carry = sum >>> 16;
  }
};

const at = (digits: Uint32Array, index: number): number => digits[index] as number;

/** Levels of answers that are written: a conversation deeper than that is shown flat. */
const MaxLevels = 50;

/**
 * ConversationIndex, taken from Thread-Index where Outlook wrote one, else made of this mail's date
 * with an empty level for each mail that it refers to.
 */
export const conversationIndex = (headers: HeaderFields, date: Date): Uint8Array => {
  const given = fromThreadIndex(headers.get('thread-index'));
  if (given !== undefined) return given;
  const references = messageIds(headers.get('references')).length || messageIds(headers.get('in-reply-to')).length;
  const index = new Uint8Array(HeaderLength + LevelLength * Math.min(references, MaxLevels));
  index.set(conversationIndexHeader(new Date(Math.max(0, date.getTime()))));
  return index;
};

/** Longest Thread-Index that is looked at, in characters. */
const MaxThreadIndex = 4_096;

const fromThreadIndex = (value: string | undefined): Uint8Array | undefined =>
  value === undefined || value.length > MaxThreadIndex
    ? undefined
    : conversationIndexOfThread(Buffer.from(value, 'base64'))?.subarray(0, HeaderLength + LevelLength * MaxLevels);
