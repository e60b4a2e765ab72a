import type { DeviceInformation } from '../../protocol/commands/settings.ts';

/** What a device says of itself. */
export interface DeviceProfile {
  /** At most 32 characters; the server knows the partnership by it ([MS-ASHTTP] 2.2.1.1.1.2.3). */
  readonly deviceId: string;
  readonly deviceType: string;
  readonly userAgent: string;
  readonly information: DeviceInformation;
}

/** The profile of a Postrider phone with a given id. */
export const phoneProfile = (deviceId: string): DeviceProfile => ({
  deviceId,
  deviceType: 'PostriderPhone',
  userAgent: 'Postrider-Phone/1',
  information: { model: 'Postrider phone', os: 'Postrider', osLanguage: 'en', friendlyName: 'Postrider phone' },
});
