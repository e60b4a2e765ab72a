import { codePage } from './tag.ts';

/** Code page 6, GetItemEstimate ([MS-ASWBXML] 2.1.2.1.7). */
export const GetItemEstimate = codePage(6, 'GetItemEstimate', {
  GetItemEstimate: 0x05,
  Version: [0x06, null],
  Collections: 0x07,
  Collection: 0x08,
  Class: [0x09, '2.5', '12.1'],
  CollectionId: 0x0a,
  DateTime: [0x0b, null],
  Estimate: 0x0c,
  Response: 0x0d,
  Status: 0x0e,
});
