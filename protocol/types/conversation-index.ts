/**
 * ConversationIndex ([MS-ASCON] 2.2.2.4): where a mail stands in its conversation.
 *
 *     5 bytes        time of the first message: bits 55 to 16 of its FILETIME, big-endian
 *     5 bytes each   a reply or forward: 1 bit unit, 31 bits time since the first message,
 *                    4 random bits, 4 bits level count (0)
 *
 * The full value of MAPI, which mails carry as Thread-Index, has the byte 1 before the time and 16
 * bytes of GUID after it.
 */

/** Bytes of the first message. */
export const HeaderLength = 5;
/** Bytes of a reply or forward. */
export const LevelLength = 5;
const ThreadHeaderLength = 22;
/** Between 1601 and 1970, in milliseconds. */
const FiletimeEpoch = 11_644_473_600_000n;
const filetime = (date: Date): bigint => (BigInt(date.getTime()) + FiletimeEpoch) * 10_000n;

/** The index of a conversation's first message. */
export const conversationIndexHeader = (date: Date): Uint8Array => {
  const time = filetime(date);
  return Uint8Array.from({ length: HeaderLength }, (_, i) => Number((time >> BigInt(48 - 8 * i)) & 0xffn));
};

/** The index out of a mail's Thread-Index; `undefined` when that is none. */
export const conversationIndexOfThread = (threadIndex: Uint8Array): Uint8Array | undefined => {
  if (threadIndex.length < ThreadHeaderLength || threadIndex[0] !== 1) return undefined;
  const levels = threadIndex.subarray(ThreadHeaderLength);
  const whole = levels.length - (levels.length % LevelLength);
  const index = new Uint8Array(HeaderLength + whole);
  index.set(threadIndex.subarray(1, 1 + HeaderLength));
  index.set(levels.subarray(0, whole), HeaderLength);
  return index;
};
