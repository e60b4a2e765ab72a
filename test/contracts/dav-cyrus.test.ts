import { connect } from 'node:net';
import { beforeAll, expect, test } from '@jest/globals';
import type { ObjectKind } from '../../backends/contract/objects.ts';
import { type OpenObjectHarness, objectStoreContract } from '../../backends/contract/test-kit/index.ts';
import { loginOf, openDav, openDavHarness } from '../backends/dav/harness.ts';
import { type Cyrus, CyrusPassword, startCyrus } from '../servers/cyrus.ts';
import { stopAfterTests } from '../servers/process.ts';

const keep = stopAfterTests();
let cyrus: Cyrus;
let users = 0;

beforeAll(async () => {
  cyrus = await keep(startCyrus({ dav: true }));
}, 60_000);

/** Has Cyrus make a mailbox, without which it shows no calendars. */
const logIn = (user: string, { port } = cyrus): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(`1 LOGIN ${user} ${CyrusPassword}\r\n2 LOGOUT\r\n`));
    socket.on('data', (bytes) => {
      said += bytes;
    });
    socket.on('error', reject);
    socket.on('close', () => (/^1 OK/m.test(said) ? resolve() : reject(new Error(said))));
  });

const open =
  (kind: ObjectKind): OpenObjectHarness =>
  async () => {
    const user = `user${users++}`;
    await logIn(user);
    const account = { url: `http://127.0.0.1:${cyrus.davPort}/`, user, password: CyrusPassword };
    const home = `/dav/${kind === 'VCARD' ? 'addressbooks' : 'calendars'}/user/${user}/`;
    return openDavHarness({ account, kind, home, limits: { keepsText: kind === 'VCARD' } });
  };

objectStoreContract('carddav on Cyrus', open('VCARD'));
objectStoreContract('caldav on Cyrus', open('VEVENT'));

test('whether Cyrus sends invitations is found out', async () => {
  const silent = await keep(startCyrus({ dav: true, settings: { caldav_allowscheduling: 'off' } }));
  const sends = async (server: Cyrus): Promise<boolean | undefined> => {
    await logIn('anna', server);
    const backend = openDav('VEVENT', { url: `http://127.0.0.1:${server.davPort}/` });
    const abilities = backend.account(loginOf({ user: 'anna', password: CyrusPassword }));
    const [folder] = (await abilities.folders?.list()) ?? [];
    const answer = await abilities.scheduling?.sends(folder?.id ?? '');
    await backend.close();
    return answer;
  };
  expect([await sends(cyrus), await sends(silent)]).toEqual([true, false]);
}, 60_000);
