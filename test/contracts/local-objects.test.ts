import type { ItemClass } from '../../backends/contract/folders.ts';
import type { ObjectKind, ObjectStore } from '../../backends/contract/objects.ts';
import { freshName } from '../../backends/contract/test-kit/harness.ts';
import { type ObjectHarness, objectStoreContract } from '../../backends/contract/test-kit/index.ts';
import { noteStoreContract } from '../../backends/contract/test-kit/notes.ts';
import { eventEnd } from '../../backends/convert/calendar/event.ts';
import { ZoneBook } from '../../backends/convert/calendar/event-zones.ts';
import { LocalAccounts } from '../../backends/local/accounts.ts';
import { LocalFolders } from '../../backends/local/folders.ts';
import { type LocalObjectKind, LocalObjects } from '../../backends/local/objects.ts';
import { migrations } from '../../backends/local/schema.ts';
import { LocalStore } from '../../backends/local/store.ts';
import { Watchers } from '../../backends/local/watchers.ts';
import { notesOf } from '../../backends/objects/notes.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { migrate } from '../../sqlite/migrate.ts';

const anna = 'anna@postrider.test';

const Classes: Readonly<Record<ObjectKind, Exclude<ItemClass, 'Email'>>> = {
  VCARD: 'Contacts',
  VEVENT: 'Calendar',
  VTODO: 'Tasks',
  VJOURNAL: 'Notes',
};

const open = async (component: ObjectKind): Promise<ObjectHarness> => {
  const database = openDatabase(':memory:');
  migrate(database, migrations);
  const limits = { keptRemovals: 1000, maxMessageSize: 1024 * 1024 };
  const store = new LocalStore({ database, watchers: new Watchers(), now: Date.now, ...limits });
  await new LocalAccounts(store, 10).create(anna, 'secret');
  const book = new ZoneBook();
  const endOf = component === 'VEVENT' ? (text: string) => eventEnd(text, book, book.home('UTC')) : undefined;
  const kind: LocalObjectKind = { itemClass: Classes[component], component, endOf };
  const reopened = (): ObjectStore => new LocalObjects(store, anna, kind);
  const [folders, objects] = [new LocalFolders(store, anna), reopened()];
  return {
    kind: component,
    folders,
    objects,
    reopened,
    createFolder: (name) => folders.create({ name, itemClass: kind.itemClass }),
    put: async (folder, text) => (await reopened().create(folder, text, freshName())).id,
    replace: async (folder, id, text) => {
      for await (const read of objects.read(folder, [id])) {
        if (read.outcome === 'item') await objects.replace(folder, id, text, read.revision);
      }
    },
    remove: (folder, id) => objects.remove(folder, [id]),
    close: async () => database.close(),
  };
};

noteStoreContract('local', async () => {
  const { folders, objects, close } = await open('VJOURNAL');
  return { folders, notes: notesOf(objects), close };
});

for (const kind of ['VCARD', 'VEVENT', 'VTODO', 'VJOURNAL'] as const) {
  objectStoreContract(`local ${kind}`, () => open(kind));
}
