import { beforeAll } from '@jest/globals';
import type { ObjectKind } from '../../backends/contract/objects.ts';
import { type OpenObjectHarness, objectStoreContract } from '../../backends/contract/test-kit/index.ts';
import { openDavHarness } from '../backends/dav/harness.ts';
import { stopAfterTests } from '../servers/process.ts';
import { startXandikos, type Xandikos, XandikosUser } from '../servers/xandikos.ts';

const keep = stopAfterTests();
let xandikos: Xandikos;

beforeAll(async () => {
  xandikos = await keep(startXandikos());
}, 60_000);

const open =
  (kind: ObjectKind): OpenObjectHarness =>
  () => {
    const account = { url: xandikos.url, user: XandikosUser, password: 'any' };
    const home = `/${XandikosUser}/${kind === 'VCARD' ? 'contacts' : 'calendars'}/`;
    // It sorts the properties of calendars.
    return openDavHarness({ account, kind, home, limits: { keepsText: kind === 'VCARD' } });
  };

objectStoreContract('carddav on Xandikos', open('VCARD'));
objectStoreContract('caldav on Xandikos', open('VEVENT'));
