import { Device } from '../../src/phone/device.ts';

/** Whose device it is. */
export interface DeviceOwner {
  readonly url: string;
  readonly user: string;
  readonly deviceId: string;
}

/** A device for phones that keep next to nothing; the server may show any certificate. */
export const bareDevice = ({ url, user, deviceId }: DeviceOwner): Device =>
  new Device({ url, user, password: 'secret', deviceId, version: '16.1', trust: { insecure: true } });
