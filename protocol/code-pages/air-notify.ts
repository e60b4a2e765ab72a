import { codePage } from './tag.ts';

/** Code page 3, AirNotify ([MS-ASWBXML] 2.1.2.1.4). */
export const AirNotify = codePage(3, 'AirNotify', {
  Notify: [0x05, null],
  Notification: [0x06, null],
  Version: [0x07, null],
  Lifetime: [0x08, null],
  DeviceInfo: [0x09, null],
  Enable: [0x0a, null],
  Folder: [0x0b, null],
  ServerEntryId: [0x0c, null],
  DeviceAddress: [0x0d, null],
  ValidCarrierProfiles: [0x0e, null],
  CarrierProfile: [0x0f, null],
  Status: [0x10, null],
  Replies: [0x11, null],
  Devices: [0x12, null],
  Device: [0x13, null],
  Id: [0x14, null],
  Expiry: [0x15, null],
  NotifyGUID: [0x16, null],
  DeviceFriendlyName: [0x17, null],
});
