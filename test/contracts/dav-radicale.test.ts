import { beforeAll } from '@jest/globals';
import type { ObjectKind } from '../../backends/contract/objects.ts';
import { type OpenObjectHarness, objectStoreContract } from '../../backends/contract/test-kit/index.ts';
import { openDavHarness } from '../backends/dav/harness.ts';
import { stopAfterTests } from '../servers/process.ts';
import { type Radicale, RadicalePassword, startRadicale } from '../servers/radicale.ts';

const keep = stopAfterTests();
let radicale: Radicale;
let users = 0;

beforeAll(async () => {
  radicale = await keep(startRadicale());
}, 60_000);

/** Radicale reads every text and writes it in its own way. */
const open =
  (kind: ObjectKind, settings: object = {}): OpenObjectHarness =>
  () => {
    const user = `user${users++}`;
    const account = { url: radicale.url, user, password: RadicalePassword };
    return openDavHarness({ account, kind, home: `/${user}/`, settings, limits: { keepsText: false } });
  };

objectStoreContract('carddav on Radicale', open('VCARD'));
objectStoreContract('caldav on Radicale', open('VEVENT'));
objectStoreContract('notes on Radicale by ctag', open('VJOURNAL', { changesBy: 'ctag' }));
objectStoreContract('tasks on Radicale by ETags', open('VTODO', { changesBy: 'etags' }));
