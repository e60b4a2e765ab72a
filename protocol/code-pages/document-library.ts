import { codePage } from './tag.ts';

/** Code page 19, DocumentLibrary ([MS-ASWBXML] 2.1.2.1.20). */
export const DocumentLibrary = codePage(19, 'DocumentLibrary', {
  LinkId: [0x05, '12.0'],
  DisplayName: [0x06, '12.0'],
  IsFolder: [0x07, '12.0'],
  CreationDate: [0x08, '12.0'],
  LastModifiedDate: [0x09, '12.0'],
  IsHidden: [0x0a, '12.0'],
  ContentLength: [0x0b, '12.0'],
  ContentType: [0x0c, '12.0'],
});
