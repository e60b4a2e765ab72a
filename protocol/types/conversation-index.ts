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

const HeaderLength = 5;
const LevelLength = 5;
const ThreadHeaderLength = 22;
/** Between 1601 and 1970, in milliseconds. */
const FiletimeEpoch = 11_644_473_600_000n;
/** From this distance on (1.78 years, in 100 ns) the coarser unit is used. */
const CoarseFrom = 1n << 49n;

const filetime = (date: Date): bigint => (BigInt(date.getTime()) + FiletimeEpoch) * 10_000n;

/** Writes the low 40 bits of `value`, big-endian. */
const fiveBytes = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 5 }, (_, index) => Number((value >> BigInt(32 - 8 * index)) & 0xffn));

/** The index of a conversation's first message. */
export const conversationIndexHeader = (date: Date): Uint8Array => fiveBytes(filetime(date) >> 16n);

/** The time of an index's first message as FILETIME; the byte that the header lacks is taken from `near`. */
const headerTime = (index: Uint8Array, near: bigint): bigint => {
  const bits = index.subarray(0, HeaderLength).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) << 16n;
  return (near & ~((1n << 56n) - 1n)) | bits;
};

/**
 * The index of a reply or forward.
 *
 * @param index - that of the message answered, at least the 5 bytes of the header
 * @param date - when the reply was written; before the first message counts as the same time
 * @param random - 0 to 15; tells replies of the same moment apart
 */
export const conversationIndexReply = (index: Uint8Array, date: Date, random: number): Uint8Array => {
  const now = filetime(date);
  const difference = now - headerTime(index, now);
  const delta = difference > 0n ? difference : 0n;
  const time = delta < CoarseFrom ? (delta >> 18n) & 0x7fff_ffffn : (1n << 31n) | ((delta >> 23n) & 0x7fff_ffffn);
  const reply = new Uint8Array(index.length + LevelLength);
  reply.set(index);
  reply.set(fiveBytes((time << 8n) | BigInt((random & 0xf) << 4)), index.length);
  return reply;
};

/** The index out of a mail's Thread-Index; `undefined` when that is too short to be one. */
export const conversationIndexOfThread = (threadIndex: Uint8Array): Uint8Array | undefined => {
  if (threadIndex.length < ThreadHeaderLength) return undefined;
  const levels = threadIndex.subarray(ThreadHeaderLength);
  const whole = levels.length - (levels.length % LevelLength);
  const index = new Uint8Array(HeaderLength + whole);
  index.set(threadIndex.subarray(1, 1 + HeaderLength));
  index.set(levels.subarray(0, whole), HeaderLength);
  return index;
};
