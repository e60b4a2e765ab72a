import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { MailStore } from '../../../backends/contract/mail.ts';
import { codeOf, collect } from '../../../backends/contract/test-kit/harness.ts';
import { attachmentBytes, messageWithAttachment, plainMessage } from '../../../backends/contract/test-kit/samples.ts';
import { type LocalBackend, openLocal } from '../../../backends/local/backend.ts';
import { ChunkSize } from '../../../backends/local/content.ts';
import { LocalMail } from '../../../backends/local/mail.ts';
import { migrations } from '../../../backends/local/schema.ts';
import { LocalStore } from '../../../backends/local/store.ts';
import { Watchers } from '../../../backends/local/watchers.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { openDatabase } from '../../../sqlite/database.ts';
import { migrate } from '../../../sqlite/migrate.ts';
import { localContext, localSettings, loginOf, openTestStore } from './harness.ts';

const anna = 'anna@postrider.test';
const raw = (subject = 'x'): Uint8Array => plainMessage(subject);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postrider-local-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let local: LocalBackend;
let mail: MailStore;
let inbox = '';
const use = async (opened: LocalBackend): Promise<void> => {
  local = opened;
  const abilities = opened.account(loginOf(anna));
  mail = abilities.mail as MailStore;
  inbox = (await abilities.folders?.list())?.find(({ role }) => role === 'inbox')?.id ?? '';
};
const append = async (subject = 'x', date?: Date): Promise<string> =>
  (await mail.append(inbox, bytesSource(raw(subject)), date ? { date } : {}, `${subject} ${Math.random()}`)).id;

afterEach(() => local.close());

describe('removals', () => {
  beforeEach(async () => use(await openTestStore({ keptRemovals: 16 })));

  test('are remembered up to a number; a cursor from before the forgotten ones is refused', async () => {
    const { cursor: oldest } = await mail.list(inbox, undefined);
    const cursors: string[] = [];
    for (let round = 0; round < 60; round++) {
      await mail.remove(inbox, [await append()], 'permanent');
      cursors.push((await mail.list(inbox, undefined)).cursor);
    }
    expect(await codeOf(mail.changes(inbox, oldest))).toBe('cursorRefused');
    const last = cursors.slice(-16);
    for (const [index, cursor] of last.entries()) {
      const { gone } = await mail.changes(inbox, cursor);
      expect('removed' in gone ? gone.removed.size : -1).toBe(last.length - 1 - index);
    }
  });
});

describe('ids', () => {
  test('after renewEpochs are other ones, and every watcher is woken', async () => {
    await use(await openTestStore({}, () => 1_700_000_000_000));
    const id = await append();
    const told: string[] = [];
    const ignore = (): void => undefined;
    const listener = { moved: (moved: string) => told.push(moved), hierarchyChanged: ignore, lost: ignore };
    await local.account(loginOf(anna)).watch?.open([inbox], listener);
    await local.renewEpochs();
    const [now] = (await mail.list(inbox, undefined)).ids;
    expect([id, now]).toEqual(['1700000000.1', '1700000001.1']);
    expect(told).toEqual([inbox]);
  });

  test('of a restored backup would be used again: renewEpochs is what prevents it', async () => {
    const settings = localSettings({ file: 'restored.db' });
    await use(openLocal(settings, localContext(folder)));
    await local.accounts.create(anna, 'secret');
    await local.close();
    await use(openLocal(settings, localContext(folder)));
    await append('before the backup');
    await local.backup(join(folder, 'backup.db'));
    const lost = await append('lost with the disk');
    const { cursor } = await mail.list(inbox, undefined);
    await local.close();
    await use(openLocal(localSettings({ file: 'backup.db' }), localContext(folder)));
    // The cursor is of a future that this file never saw.
    expect(await codeOf(mail.changes(inbox, cursor))).toBe('cursorRefused');
    await local.renewEpochs();
    expect(await append('after the restore')).not.toBe(lost);
  });
});

describe('large messages', () => {
  beforeEach(async () => use(await openTestStore({ maxMessageSize: 80 * 1024 * 1024 })));

  test('are read in chunks: 50 MB are never in memory at once', async () => {
    const size = 37 * 1024 * 1024;
    const message = messageWithAttachment('large', size);
    expect(message.length).toBeGreaterThan(50_000_000);
    const { id } = await mail.append(inbox, bytesSource(message), {}, 'large');
    const expected = attachmentBytes(size);
    let [total, largest, wrong] = [0, 0, 0];
    for await (const chunk of (await mail.attachment(inbox, id, '2')).open()) {
      if (Buffer.compare(chunk, expected.subarray(total, total + chunk.length)) !== 0) wrong++;
      total += chunk.length;
      largest = Math.max(largest, chunk.length);
    }
    expect([total, wrong]).toEqual([size, 0]);
    expect(largest).toBeLessThanOrEqual(ChunkSize);
    let streamed = 0;
    for await (const chunk of (await mail.message(inbox, id)).open()) streamed += chunk.length;
    expect(streamed).toBe(message.length);
  }, 60_000);

  test('a preview reads the beginning alone', async () => {
    const message = messageWithAttachment('large', 5 * 1024 * 1024);
    const { id } = await mail.append(inbox, bytesSource(message), {}, 'large');
    const preview = async (): Promise<number> => {
      const begun = process.cpuUsage().user;
      for await (const result of mail.read(inbox, [id], {
        preferences: [{ type: 1, truncationSize: 500 }],
        mimeSupport: 0,
      })) {
        expect(result.outcome === 'item' && JSON.stringify(result.item.body)).toContain('Übersicht liegt bei');
      }
      return process.cpuUsage().user - begun;
    };
    // The first also compiles what it runs.
    expect(Math.min(await preview(), await preview())).toBeLessThan(50_000);
  });

  test.each([0, 1, ChunkSize - 1, ChunkSize, ChunkSize + 1, 3 * ChunkSize])(
    'of %d bytes come back whole',
    async (size) => {
      const bytes = attachmentBytes(size);
      const { id } = await mail.append(inbox, bytesSource(bytes), {}, `sized ${size}`);
      const message = await mail.message(inbox, id);
      expect(message.size).toBe(size);
      expect(Buffer.from(await collect(message.open())).equals(bytes)).toBe(true);
    },
  );

  test('removed while it is read ends as notFound, not as a shorter one', async () => {
    const { id } = await mail.append(inbox, bytesSource(attachmentBytes(5 * ChunkSize)), {}, 'removed');
    const stream = (await mail.message(inbox, id)).open()[Symbol.asyncIterator]();
    expect((await stream.next()).value).toHaveLength(ChunkSize);
    await mail.remove(inbox, [id], 'permanent');
    expect(await codeOf(stream.next())).toBe('notFound');
  });
});

describe('a large message that is stored in slices', () => {
  const large = (): Uint8Array => messageWithAttachment('large', 2_500_000);
  const stored = (file: string): unknown => {
    const database = openDatabase(join(folder, file));
    const counts = database.prepare('SELECT count(*) AS contents FROM contents').get();
    database.close();
    return counts;
  };
  const openFile = async (file: string): Promise<void> => {
    await use(openLocal(localSettings({ file }), localContext(folder)));
    if (!(await local.accounts.has(anna))) await local.accounts.create(anna, 'secret');
    await use(local);
  };

  test('lets others be served meanwhile', async () => {
    await openFile('served.db');
    let turns = 0;
    const append = mail.append(inbox, bytesSource(large()), {}, 'large').finally(() => {
      turns = -turns;
    });
    while (turns >= 0) {
      turns++;
      await new Promise((resume) => setImmediate(resume));
    }
    expect(-turns).toBeGreaterThan(10);
    expect((await mail.message(inbox, (await append).id)).size).toBe(large().length);
  });

  test('leaves nothing behind when it is not stored after all', async () => {
    await openFile('unused.db');
    await mail.append(inbox, bytesSource(large()), {}, 'same name');
    await mail.append(inbox, bytesSource(large()), {}, 'same name');
    expect(await codeOf(mail.append('999', bytesSource(large()), {}, 'nowhere'))).toBe('notFound');
    expect(stored('unused.db')).toEqual({ contents: 1 });
  });

  test('cut off in the middle is removed by the next start', async () => {
    await openFile('cut.db');
    await mail.append(inbox, bytesSource(large()), {}, 'whole');
    const database = openDatabase(join(folder, 'cut.db'));
    database.exec("INSERT INTO contents (size, structure, complete) VALUES (9, '{}', 0)");
    database.exec('INSERT INTO chunks (content, number, bytes) SELECT max(id), 0, zeroblob(9) FROM contents');
    database.close();
    await local.close();
    await openFile('cut.db');
    expect(stored('cut.db')).toEqual({ contents: 1 });
    expect((await mail.list(inbox, undefined)).ids.size).toBe(1);
  });

  test('reaches every recipient whole', async () => {
    await use(await openTestStore());
    const recipients = [anna, 'ben@postrider.test'];
    await local.deliver({ message: bytesSource(large()), from: '', recipients });
    const [id = ''] = (await mail.list(inbox, undefined)).ids.newest(1);
    expect(Buffer.from(await collect((await mail.message(inbox, id)).open())).equals(large())).toBe(true);
  });
});

describe('names of appends', () => {
  test('find the message where it was put, also after it was changed, moved or removed', async () => {
    await use(await openTestStore());
    const first = await mail.append(inbox, bytesSource(raw()), {}, 'name');
    const { revision } = await mail.update(inbox, first.id, { read: true });
    expect(await mail.append(inbox, bytesSource(raw()), {}, 'name')).toEqual({ id: first.id, revision });
    await mail.remove(inbox, [first.id], 'trash');
    expect((await mail.append(inbox, bytesSource(raw()), {}, 'name')).id).toBe(first.id);
    expect((await mail.list(inbox, undefined)).ids.size).toBe(0);
  });

  test('are forgotten after 30 days', async () => {
    let now = Date.UTC(2026, 0, 1);
    await use(await openTestStore({}, () => now));
    const first = await mail.append(inbox, bytesSource(raw()), {}, 'name');
    now += 30 * 86_400_000;
    expect((await mail.append(inbox, bytesSource(raw()), {}, 'name')).id).toBe(first.id);
    now += 86_400_000;
    await append('another');
    expect((await mail.append(inbox, bytesSource(raw()), {}, 'name')).id).not.toBe(first.id);
  });
});

describe('the file', () => {
  test('is for its owner alone, and holds the mail over a restart', async () => {
    await use(openLocal(localSettings({ file: 'kept.db' }), localContext(folder)));
    await local.accounts.create(anna, 'secret');
    await use(local);
    const id = await append('kept');
    const { cursor } = await mail.list(inbox, undefined);
    await local.close();
    expect(statSync(join(folder, 'kept.db')).mode & 0o777).toBe(0o600);
    await use(openLocal(localSettings({ file: 'kept.db' }), localContext(folder)));
    expect((await mail.changes(inbox, cursor)).changed).toEqual([]);
    expect(Buffer.from(await collect((await mail.message(inbox, id)).open())).toString()).toContain('Subject: kept');
  });

  test('grows no further when as much is removed as is added', async () => {
    await use(openLocal(localSettings({ file: 'bounded.db' }), localContext(folder)));
    await local.accounts.create(anna, 'secret');
    await use(local);
    const cycle = async (): Promise<number> => {
      const { id } = await mail.append(inbox, bytesSource(new Uint8Array(1_000_000)), {}, `${Math.random()}`);
      await mail.remove(inbox, [id], 'permanent');
      return statSync(join(folder, 'bounded.db')).size + statSync(join(folder, 'bounded.db-wal')).size;
    };
    for (let round = 0; round < 8; round++) await cycle();
    const before = await cycle();
    for (let round = 0; round < 8; round++) await cycle();
    expect(await cycle()).toBeLessThan(before + 1_500_000);
  });

  test('that cannot be opened is unavailable', async () => {
    await use(await openTestStore());
    const attempt = async (): Promise<LocalBackend> =>
      openLocal(localSettings({ file: 'mail.db' }), localContext(join(folder, 'missing')));
    expect(await codeOf(attempt())).toBe('unavailable');
  });

  test('once closed is unavailable, and watchers are told', async () => {
    await use(await openTestStore());
    const lost: unknown[] = [];
    const ignore = (): void => undefined;
    const listener = { moved: ignore, hierarchyChanged: ignore, lost: (error: unknown) => lost.push(error) };
    await local.account(loginOf(anna)).watch?.open([inbox], listener);
    await local.close();
    expect(lost).toHaveLength(1);
    expect(await codeOf(mail.list(inbox, undefined))).toBe('unavailable');
    expect(await codeOf(local.prove?.(loginOf(anna)) ?? Promise.resolve())).toBe('unavailable');
  });

  test('check says that it is whole, and whether the password is right', async () => {
    await use(await openTestStore());
    expect((await local.check(undefined)).map(({ ok }) => ok)).toEqual([true]);
    expect((await local.check(loginOf(anna))).map(({ ok }) => ok)).toEqual([true, true]);
    expect((await local.check(loginOf(anna, 'wrong'))).map(({ ok }) => ok)).toEqual([true, false]);
  });
});

describe('the look-ups', () => {
  test('cost what changed, not what is there', async () => {
    await use(await openTestStore());
    const many = Array.from({ length: 6000 }, (_, index) => ({
      folder: { role: 'inbox' as const },
      raw: raw(`${index}`),
      received: new Date(1_700_000_000_000 + index * 1000),
    }));
    await local.importMail(anna, many);
    const { cursor, ids } = await mail.list(inbox, undefined);
    expect(ids.size).toBe(6000);
    expect((await mail.list(inbox, new Date(1_700_000_000_000 + 5990 * 1000))).ids.size).toBe(10);
    await mail.update(inbox, ids.newest(1)[0] ?? '', { read: true });
    const begun = process.cpuUsage();
    for (let round = 0; round < 100; round++) expect((await mail.changes(inbox, cursor)).changed).toHaveLength(1);
    const { user, system } = process.cpuUsage(begun);
    expect((user + system) / 1000 / 100).toBeLessThan(5);
    const everything = await mail.changes(inbox, cursor.replace(/\.\d+$/, '.0'));
    expect(everything.changed).toHaveLength(6000);
  }, 60_000);
});

test('without space an append is unavailable, and nothing was stored', async () => {
  await use(openLocal(localSettings({ file: 'full.db' }), localContext(folder)));
  await local.accounts.create(anna, 'secret');
  await use(local);
  await append('kept');
  const before = await mail.list(inbox, undefined);
  await local.close();
  const database = openDatabase(join(folder, 'full.db'));
  const pages = database.prepare('PRAGMA page_count').get<{ page_count: number }>()?.page_count ?? 0;
  database.exec(`PRAGMA max_page_count = ${pages + 10}`);
  const parts = { database, watchers: new Watchers(), now: Date.now, keptRemovals: 10, maxMessageSize: 10_000_000 };
  mail = new LocalMail(new LocalStore(parts), anna);
  const tooMuch = mail.append(inbox, bytesSource(new Uint8Array(500_000)), {}, 'too much');
  expect(await codeOf(tooMuch)).toBe('unavailable');
  expect(await mail.list(inbox, undefined)).toEqual(before);
  await append('a small one still fits');
  expect((await mail.list(inbox, undefined)).ids.size).toBe(2);
  database.close();
});

describe('folders of contacts, events, tasks and notes', () => {
  /** A store as the release before had it, with a mail folder that is called Notes. */
  const openOld = () => {
    const database = openDatabase(':memory:');
    migrate(database, migrations.slice(0, 2));
    database.exec(`INSERT INTO accounts (name, password) VALUES ('${anna}', 'x')`);
    database.exec(
      `INSERT INTO folders (account, name, role, epoch) VALUES (1, 'Inbox', 'inbox', 1), (1, 'Notes', 'user', 1)`,
    );
    return database;
  };
  const foldersIn = (database: ReturnType<typeof openDatabase>) =>
    database
      .prepare('SELECT name, role, item_class FROM folders ORDER BY id')
      .all<{ name: string; role: string; item_class: string }>()
      .map(({ name, role, item_class }) => `${item_class} ${name} ${role}`);

  test('are made for accounts that are there, whatever names their mail folders have; a release back loses only them', async () => {
    await use(await openTestStore());
    const database = openOld();
    migrate(database, migrations);
    expect(foldersIn(database)).toEqual([
      ...['Email Inbox inbox', 'Email Notes user'],
      ...['Contacts', 'Calendar', 'Tasks', 'Notes'].map((name) => `${name} ${name} default`),
    ]);
    migrate(database, migrations.slice(0, 2));
    expect(database.prepare('SELECT name FROM folders ORDER BY id').all()).toEqual([
      { name: 'Inbox' },
      { name: 'Notes' },
    ]);
    migrate(database, migrations);
    expect(foldersIn(database)).toHaveLength(6);
    database.close();
  });

  test('hold no mail, and mail folders no objects', async () => {
    await use(await openTestStore());
    const { folders, contacts } = local.account(loginOf(anna));
    const id = (await folders?.list())?.find(({ itemClass }) => itemClass === 'Contacts')?.id ?? '';
    expect(await codeOf(mail.append(id, bytesSource(raw()), {}, 'name'))).toBe('notFound');
    expect(await codeOf(mail.list(id, undefined))).toBe('notFound');
    expect((await mail.positions([id])).size).toBe(0);
    expect(await codeOf(contacts?.list(inbox, undefined) ?? Promise.resolve())).toBe('notFound');
  });
});
