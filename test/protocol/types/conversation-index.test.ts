import { describe, expect, test } from '@jest/globals';
import {
  conversationIndexHeader,
  conversationIndexOfThread,
  conversationIndexReply,
} from '../../../protocol/types/conversation-index.ts';
import { hex, toHex } from '../wbxml/support.ts';

const first = new Date('2026-03-01T12:00:00Z');
const later = (milliseconds: number): Date => new Date(first.getTime() + milliseconds);
const hour = 3_600_000;
const day = 24 * hour;

describe('ConversationIndex (MS-ASCON_R90, MS-ASCON_R97, MS-ASCON_R259)', () => {
  test('begins with five bytes of time', () => {
    expect(toHex(conversationIndexHeader(first))).toBe('DCA972EE15');
  });

  test('a reply adds five bytes: time since, random, level count', () => {
    expect(toHex(conversationIndexReply(hex('DCA972EE15'), later(hour), 1))).toBe('DCA972EE150002187110');
  });

  test('a reply to a reply counts from the first message', () => {
    const reply = hex('DCA972EE150002187110');
    expect(toHex(conversationIndexReply(reply, later(hour), 2))).toBe('DCA972EE1500021871100002187120');
  });

  test('distances of 1.78 years and more are in the coarser unit', () => {
    const unit = (milliseconds: number): number =>
      (conversationIndexReply(hex('DCA972EE15'), later(milliseconds), 0)[5] as number) >> 7;
    expect([unit(hour), unit(650 * day), unit(652 * day), unit(5000 * day)]).toEqual([0, 0, 1, 1]);
    // 1000 days are 864e12 units of 100 ns, and the header's time is 0x2000 units before noon
    // (FILETIME 01DCA972EE152000); without 23 bits 0x06239B5A, with the unit bit:
    expect(toHex(conversationIndexReply(hex('DCA972EE15'), later(1000 * day), 0)).slice(10)).toBe('86239B5A00');
  });

  test('a reply before the first message counts as the same time', () => {
    expect(toHex(conversationIndexReply(hex('DCA972EE15'), later(-hour), 15))).toBe('DCA972EE1500000000F0');
  });

  test('only four random bits are taken', () => {
    expect(toHex(conversationIndexReply(hex('DCA972EE15'), later(0), 0x1f)).slice(-2)).toBe('F0');
  });

  test('comes out of Thread-Index without its first byte and GUID', () => {
    const guid = '00112233445566778899AABBCCDDEEFF';
    const of = (text: string): string | undefined => {
      const index = conversationIndexOfThread(hex(text));
      return index && toHex(index);
    };
    expect(of(`01 DCA972EE15 ${guid}`)).toBe('DCA972EE15');
    expect(of(`01 DCA972EE15 ${guid} 0002187110`)).toBe('DCA972EE150002187110');
    expect(of(`01 DCA972EE15 ${guid} 0002187110 00FF`)).toBe('DCA972EE150002187110');
    expect(of('01 DCA972EE15 0011')).toBeUndefined();
  });
});
