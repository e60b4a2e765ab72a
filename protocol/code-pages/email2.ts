import { codePage } from './tag.ts';

/** Code page 22, Email2 ([MS-ASWBXML] 2.1.2.1.23). */
export const Email2 = codePage(22, 'Email2', {
  UmCallerID: [0x05, '14.0'],
  UmUserNotes: [0x06, '14.0'],
  UmAttDuration: [0x07, '14.0'],
  UmAttOrder: [0x08, '14.0'],
  ConversationId: [0x09, '14.0'],
  ConversationIndex: [0x0a, '14.0'],
  LastVerbExecuted: [0x0b, '14.0'],
  LastVerbExecutionTime: [0x0c, '14.0'],
  ReceivedAsBcc: [0x0d, '14.0'],
  Sender: [0x0e, '14.0'],
  CalendarType: [0x0f, '14.0'],
  IsLeapMonth: [0x10, '14.0'],
  AccountId: [0x11, '14.1'],
  FirstDayOfWeek: [0x12, '14.1'],
  MeetingMessageType: [0x13, '14.1'],
  IsDraft: [0x15, '16.0'],
  Bcc: [0x16, '16.0'],
  Send: [0x17, '16.0'],
});
