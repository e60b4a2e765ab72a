import { codePage } from './tag.ts';

/** Code page 21, ComposeMail ([MS-ASWBXML] 2.1.2.1.22). */
export const ComposeMail = codePage(21, 'ComposeMail', {
  SendMail: [0x05, '14.0'],
  SmartForward: [0x06, '14.0'],
  SmartReply: [0x07, '14.0'],
  SaveInSentItems: [0x08, '14.0'],
  ReplaceMime: [0x09, '14.0'],
  Source: [0x0b, '14.0'],
  FolderId: [0x0c, '14.0'],
  ItemId: [0x0d, '14.0'],
  LongId: [0x0e, '14.0'],
  InstanceId: [0x0f, '14.0'],
  Mime: [0x10, '14.0'],
  ClientId: [0x11, '14.0'],
  Status: [0x12, '14.0'],
  AccountId: [0x13, '14.1'],
  Forwardees: [0x15, '16.0'],
  Forwardee: [0x16, '16.0'],
  Name: [0x17, '16.0'],
  Email: [0x18, '16.0'],
});
