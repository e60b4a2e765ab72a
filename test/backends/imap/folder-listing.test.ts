import { describe, expect, test } from '@jest/globals';
import { buildFolders, type ListedMailbox, type Listing, readIdentity } from '../../../backends/imap/folder-listing.ts';
import { NamedLanguages, roleOfName } from '../../../backends/imap/role-names.ts';

const mailbox = (wireName: string, attributes: string[] = [], delimiter = '/'): ListedMailbox => ({
  wireName,
  delimiter,
  attributes: new Set(attributes),
});

const folders = (mailboxes: ListedMailbox[], more: Partial<Listing> = {}) =>
  buildFolders({
    mailboxes,
    identities: new Map(),
    prefix: '',
    subscribed: new Set(),
    subscribedOnly: false,
    roles: {},
    ...more,
  });

/** The tree as paths of names. */
const paths = (list: ReturnType<typeof folders>): string[] => {
  const byId = new Map(list.map((folder) => [folder.id, folder]));
  const path = (id: string | undefined): string[] => {
    const folder = id === undefined ? undefined : byId.get(id);
    return folder === undefined ? [] : [...path(folder.parentId), folder.name];
  };
  return list.map(({ id }) => path(id).join(' > '));
};

const rolesOf = (list: ReturnType<typeof folders>) =>
  Object.fromEntries(list.filter(({ role }) => role !== 'user').map(({ role, name }) => [role, name]));

describe('the tree', () => {
  test('has parents before children, in whatever order they are listed', () => {
    const list = folders([mailbox('A/B/C'), mailbox('A/B'), mailbox('INBOX'), mailbox('A')]);
    expect(paths(list)).toEqual(['A', 'A > B', 'A > B > C', 'INBOX']);
  });

  test('has a node for a level that is not listed', () => {
    const list = folders([mailbox('A/B')]);
    expect(list.map(({ name, selectable }) => [name, selectable])).toEqual([
      ['A', false],
      ['B', true],
    ]);
  });

  test('leaves out a node without anything below it', () => {
    expect(paths(folders([mailbox('Gone', ['\\noselect']), mailbox('INBOX')]))).toEqual(['INBOX']);
  });

  test('does not show the prefix of own mailboxes as a level', () => {
    const list = folders([mailbox('INBOX', [], '.'), mailbox('INBOX.Sent', [], '.'), mailbox('INBOX.A.B', [], '.')], {
      prefix: 'INBOX.',
    });
    expect(paths(list)).toEqual(['INBOX', 'Sent', 'A', 'A > B']);
  });

  test('shows subfolders of the Inbox below it where the server has no prefix', () => {
    expect(paths(folders([mailbox('INBOX'), mailbox('INBOX/Kids')]))).toEqual(['INBOX', 'INBOX > Kids']);
  });

  test('decodes names, and shows one that is not encoded as it stands', () => {
    const list = folders([mailbox('Gel&APY-scht'), mailbox('A&B'), mailbox('R&-D')]);
    expect(list.map(({ name }) => name)).toEqual(['Gelöscht', 'A&B', 'R&D']);
  });

  test('may be narrowed to what is subscribed, with the levels above it', () => {
    const list = folders([mailbox('INBOX'), mailbox('A'), mailbox('A/B'), mailbox('C')], {
      subscribedOnly: true,
      subscribed: new Set(['A/B']),
    });
    expect(paths(list)).toEqual(['INBOX', 'A', 'A > B']);
  });

  test('of a server with flat names is flat', () => {
    const flat = { ...mailbox('a.b'), delimiter: undefined };
    expect(paths(folders([flat]))).toEqual(['a.b']);
  });
});

describe('roles', () => {
  test('are what the server says, whatever the names', () => {
    const list = folders([
      mailbox('INBOX'),
      mailbox('Elsewhere', ['\\sent']),
      mailbox('Sent'),
      mailbox('Bin', ['\\trash']),
    ]);
    expect(rolesOf(list)).toEqual({ inbox: 'INBOX', sent: 'Elsewhere', trash: 'Bin' });
  });

  test('are known by names in many languages where the server says nothing', () => {
    const list = folders([mailbox('Gesendet'), mailbox('Papierkorb'), mailbox('Brouillons'), mailbox('Spam')]);
    expect(rolesOf(list)).toEqual({ sent: 'Gesendet', trash: 'Papierkorb', drafts: 'Brouillons', junk: 'Spam' });
  });

  test('are set by the settings before all', () => {
    const list = folders([mailbox('Sent', ['\\sent']), mailbox('Mine/Out'), mailbox('Mine')], {
      roles: { sent: 'Mine/Out' },
    });
    expect(rolesOf(list)).toEqual({ sent: 'Out' });
  });

  test('are given once', () => {
    const list = folders([mailbox('Sent'), mailbox('Sent Items'), mailbox('Sent Messages')]);
    expect(list.filter(({ role }) => role === 'sent').map(({ name }) => name)).toEqual(['Sent']);
  });

  test('of several names the best one wins, whatever the order; the others are ordinary folders', () => {
    const names = ['Sent Messages', 'Sent', 'Gesendet', 'Sent Items'];
    for (const order of [names, [...names].reverse()]) {
      expect(rolesOf(folders(order.map((name) => mailbox(name))))).toEqual({ sent: 'Sent' });
    }
    expect(rolesOf(folders([mailbox('A', ['\\sent']), mailbox('B', ['\\sent'])]))).toEqual({ sent: 'A' });
  });

  test('are found below INBOX. and below the node of Gmail, and at the top before those', () => {
    const below = [mailbox('INBOX', [], '.'), mailbox('INBOX.Sent', [], '.'), mailbox('INBOX.Entw&APw-rfe', [], '.')];
    expect(rolesOf(folders(below))).toEqual({ inbox: 'INBOX', sent: 'Sent', drafts: 'Entwürfe' });
    const gmail = [mailbox('[Gmail]', ['\\noselect']), mailbox('[Gmail]/Sent Mail'), mailbox('[Gmail]/Papelera')];
    expect(rolesOf(folders(gmail))).toEqual({ sent: 'Sent Mail', trash: 'Papelera' });
    expect(rolesOf(folders([...gmail, mailbox('Enviados')]))).toMatchObject({ sent: 'Enviados' });
  });

  test('one mailbox has one role, and views such as All Mail have none', () => {
    const list = folders([mailbox('Everything', ['\\all', '\\archive']), mailbox('Trash', ['\\junk'])]);
    expect(rolesOf(list)).toEqual({ archive: 'Everything', junk: 'Trash' });
    expect(rolesOf(folders([mailbox('All Mail', ['\\all']), mailbox('Starred', ['\\flagged'])]))).toEqual({});
  });

  test('that a phone cannot do without are shown though nobody subscribed to them', () => {
    const all = [mailbox('INBOX'), mailbox('Trash'), mailbox('Sent'), mailbox('Junk'), mailbox('Other')];
    expect(paths(folders(all, { subscribedOnly: true }))).toEqual(['INBOX', 'Trash', 'Sent']);
  });

  test('are not guessed from names deep in the tree', () => {
    expect(rolesOf(folders([mailbox('Projects'), mailbox('Projects/Sent')]))).toEqual({});
  });
});

describe('names of roles', () => {
  test('are known in many languages', () => {
    expect(NamedLanguages.length).toBeGreaterThanOrEqual(25);
  });

  test.each([
    [
      'sent',
      ['Gesendete Elemente', 'Éléments envoyés', 'Enviados', 'Posta inviata', 'Отправленные', '送信済みアイテム'],
    ],
    ['drafts', ['Entwürfe', 'Brouillons', 'Borradores', 'Bozze', 'Черновики', '草稿', 'Πρόχειρα', 'Taslaklar']],
    ['trash', ['Deleted Items', 'Papierkorb', 'Corbeille', 'Papelera', 'Cestino', 'Kosz', 'Корзина', 'ごみ箱']],
    ['junk', ['Junk E-mail', 'Junk-E-Mail', 'Courrier indésirable', 'Skräppost', 'Спам', '垃圾邮件', 'Roskaposti']],
    ['archive', ['Archive', 'Archiv', 'Archivio', 'Arkiv', 'Архив', 'アーカイブ', 'Arşiv', '보관']],
  ] as const)('%s', (role, names) => {
    for (const name of names) expect([name, roleOfName(name)?.role]).toEqual([name, role]);
  });

  test('do not depend on case, on the form of Unicode, or on hyphens', () => {
    for (const name of ['SENT ITEMS', 'sent-items', 'Sent_Items', ' Sent  Items '])
      expect(roleOfName(name)?.role).toBe('sent');
    expect(roleOfName('Entwürfe'.normalize('NFD'))?.role).toBe('drafts');
    for (const name of ['', 'Projects', 'Sent by me', 'INBOX', 'Outbox']) expect(roleOfName(name)).toBeUndefined();
  });
});

describe('ids', () => {
  const identities = new Map([['Work', { objectId: 'abc', uidValidity: 5n }]]);

  test('follow the object id over a rename', () => {
    const [before] = folders([mailbox('Work')], { identities });
    const [after] = folders([mailbox('Job')], { identities: new Map([['Job', { objectId: 'abc' }]]) });
    expect(after?.id).toBe(before?.id);
  });

  test('are of the path where the server knows no object ids, so they survive a new UIDVALIDITY', () => {
    const [one] = folders([mailbox('Work')], { identities: new Map([['Work', { uidValidity: 5n }]]) });
    const [other] = folders([mailbox('Work')], { identities: new Map([['Work', { uidValidity: 6n }]]) });
    expect(other?.id).toBe(one?.id);
  });

  test('are no paths', () => {
    for (const { id } of folders([mailbox('Work'), mailbox('A/B')], { identities })) {
      expect(id).toMatch(/^[op]-[A-Za-z0-9_-]{22}$/);
    }
  });

  test('that are none in the words of RFC 8474 do not count', () => {
    const line = (id: string) =>
      ({
        attributes: [
          { type: 'STRING', value: 'Work' },
          [{ type: 'ATOM', value: 'MAILBOXID' }, [{ type: 'ATOM', value: id }]],
        ],
      }) as never;
    expect(readIdentity(line('\u0011\\\u000f\ufffd'))?.[1].objectId).toBeUndefined();
    expect(readIdentity(line('r98ky7nr45hc7xpv5lhnf74z'))?.[1].objectId).toBe('r98ky7nr45hc7xpv5lhnf74z');
  });

  test('of the Inbox is always the same', () => {
    const [inbox] = folders([mailbox('INBOX')], { identities: new Map([['INBOX', { objectId: 'x' }]]) });
    expect(inbox?.id).toBe('INBOX');
  });
});

describe('notes', () => {
  const classes = (list: ReturnType<typeof folders>) =>
    list.map(({ wireName, itemClass, role }) => [wireName, itemClass, role]);
  const listed = ['INBOX', 'Notes', 'Notes/Trips', 'Notes2', 'Trash'].map((name) => mailbox(name));

  test('are in the mailbox that the settings name and in those below it', () => {
    expect(classes(folders(listed, { notes: 'Notes' }))).toEqual([
      ['INBOX', 'Email', 'inbox'],
      ['Notes', 'Notes', 'default'],
      ['Notes/Trips', 'Notes', 'user'],
      ['Notes2', 'Email', 'user'],
      ['Trash', 'Email', 'trash'],
    ]);
  });

  test('are mail unless the settings say where they are', () => {
    expect(classes(folders(listed)).every(([, itemClass]) => itemClass === 'Email')).toBe(true);
  });

  test('are found under the path with or without the prefix, and shown whether subscribed or not', () => {
    const dotted = ['INBOX', 'INBOX.Notes', 'INBOX.Other'].map((name) => mailbox(name, [], '.'));
    for (const notes of ['Notes', 'INBOX.Notes']) {
      const list = folders(dotted, { notes, prefix: 'INBOX.', subscribedOnly: true });
      expect(classes(list)).toEqual([
        ['INBOX', 'Email', 'inbox'],
        ['INBOX.Notes', 'Notes', 'default'],
      ]);
    }
  });

  test('are no place for another role, whatever is below them is called', () => {
    const list = folders([...listed, mailbox('Notes/Sent', ['\\sent'])], { notes: 'Notes' });
    expect(rolesOf(list)).toEqual({ inbox: 'INBOX', default: 'Notes', trash: 'Trash' });
  });
});
