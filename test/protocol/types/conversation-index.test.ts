import { describe, expect, test } from '@jest/globals';
import { conversationIndexHeader, conversationIndexOfThread } from '../../../protocol/types/conversation-index.ts';
import { hex, toHex } from '../wbxml/support.ts';

const first = new Date('2026-03-01T12:00:00Z');

describe('ConversationIndex (MS-ASCON_R90)', () => {
  test('begins with five bytes of time', () => {
    expect(toHex(conversationIndexHeader(first))).toBe('DCA972EE15');
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
    expect(of(`02 DCA972EE15 ${guid}`)).toBeUndefined();
  });
});
