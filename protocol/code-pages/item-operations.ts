import { codePage } from './tag.ts';

/** Code page 20, ItemOperations ([MS-ASWBXML] 2.1.2.1.21). */
export const ItemOperations = codePage(20, 'ItemOperations', {
  ItemOperations: [0x05, '12.0'],
  Fetch: [0x06, '12.0'],
  Store: [0x07, '12.0'],
  Options: [0x08, '12.0'],
  Range: [0x09, '12.0'],
  Total: [0x0a, '12.0'],
  Properties: [0x0b, '12.0'],
  Data: [0x0c, '12.0'],
  Status: [0x0d, '12.0'],
  Response: [0x0e, '12.0'],
  Version: [0x0f, '12.0'],
  Schema: [0x10, '12.0'],
  Part: [0x11, '12.0'],
  EmptyFolderContents: [0x12, '12.0'],
  DeleteSubFolders: [0x13, '12.0'],
  UserName: [0x14, '12.1'],
  Password: [0x15, '12.1'],
  Move: [0x16, '14.0'],
  DstFldId: [0x17, '14.0'],
  ConversationId: [0x18, '14.0'],
  MoveAlways: [0x19, '14.0'],
});
