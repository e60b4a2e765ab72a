import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Backend } from '../../../backends/contract/backend.ts';
import type { MailStore } from '../../../backends/contract/mail.ts';
import type { WatchListener } from '../../../backends/contract/watch.ts';
import { loginOf, openImap } from './harness.ts';
import { type Script, type ScriptedServer, startScript } from './scripted-server.ts';

/** What no real server can be made to say. */
const opened: { server: ScriptedServer; backend: Backend }[] = [];
afterEach(async () => {
  for (const { server, backend } of opened.splice(0)) {
    await backend.close();
    await server.close();
  }
});

const open = async (script: Script, capabilities?: string, settings: object = {}) => {
  const server = await startScript(script, capabilities);
  const backend = openImap(server.port, { timeoutSeconds: 3, ...settings });
  opened.push({ server, backend });
  const { mail, folders, watch } = backend.account(loginOf('anna'));
  if (mail === undefined || folders === undefined || watch === undefined) throw new Error('an ability is missing');
  return { server, backend, mail, folders, watch };
};

const Selected =
  '* FLAGS (\\Seen)\n* 2 EXISTS\n* OK [UIDVALIDITY 9] ok\n* OK [UIDNEXT 3] ok\n* OK [HIGHESTMODSEQ 7] ok\nOK [READ-WRITE] ok';
const Qresync = 'ID LITERAL+ ENABLE QRESYNC CONDSTORE ESEARCH UIDPLUS MOVE IDLE NOTIFY';
const Structure = 'BODYSTRUCTURE ("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 5 1 NIL NIL NIL NIL)';
const Fetched = (uid: number, subject: string) => {
  const header = `Subject: ${subject}`;
  return `* ${uid} FETCH (UID ${uid} FLAGS () INTERNALDATE "05-Jan-2026 10:00:00 +0000" RFC822.SIZE 50 ${Structure} BODY[HEADER.FIELDS (SUBJECT)] "${header}")`;
};

const read = async (mail: MailStore, ids: readonly string[]) => {
  const results = [];
  for await (const result of mail.read('INBOX', ids, { preferences: [{ type: 1 }], mimeSupport: 0 }))
    results.push(result);
  return results;
};

describe('THREADID (RFC 8474, 5.2)', () => {
  const conversation = async (capabilities: string, answer: string) => {
    const { server, mail } = await open(
      [
        [/^SELECT/, Selected],
        [
          /^UID FETCH \S+ \(UID FLAGS INTERNALDATE/,
          `${Fetched(1, 'Re: one').replace('(UID 1', `(UID 1${answer}`)}\nOK`,
        ],
        [/^UID FETCH/, '* 1 FETCH (UID 1 BODY[1]<0> "hello")\nOK'],
      ],
      capabilities,
    );
    const [result] = await read(mail, ['9.1']);
    const asked = server.heard.some((command) => command.includes('THREADID'));
    return { asked, id: result?.outcome === 'item' ? result.item.conversationId : undefined };
  };

  test('MS-ASCON_R76 makes the conversation where the server has it, whatever the headers say', async () => {
    const [first, other] = [
      await conversation('OBJECTID', ' THREADID (T1)'),
      await conversation('OBJECTID', ' THREADID (T2)'),
    ];
    const without = await conversation('ID', '');
    expect([first.asked, other.asked, without.asked]).toEqual([true, true, false]);
    expect(first.id).toHaveLength(16);
    expect(new Set([first, other, without].map(({ id }) => Buffer.from(id as Uint8Array).toString('hex'))).size).toBe(
      3,
    );
  });

  test('a message without one is not lost: its headers tell', async () => {
    const byHeaders = (await conversation('ID', '')).id;
    expect((await conversation('OBJECTID', ' THREADID NIL')).id).toEqual(byHeaders);
    expect((await conversation('OBJECTID', '')).id).toEqual(byHeaders);
  });
});

describe('while messages are fetched', () => {
  test('flags that others change come in between, and are not taken for the messages', async () => {
    const { mail } = await open(
      [
        [/^SELECT/, Selected],
        [
          /^UID FETCH \S+ \(UID FLAGS INTERNALDATE/,
          `${Fetched(1, 'one')}\n* 1 FETCH (UID 1 MODSEQ (8) FLAGS (\\Seen))\n* 2 FETCH (FLAGS (\\Seen))\nOK`,
        ],
        [
          /^UID FETCH/,
          '* 1 FETCH (UID 1 FLAGS (\\Seen))\n* 1 FETCH (UID 1 BODY[1]<0> "hello")\n* 1 FETCH (UID 1 FLAGS ())\nOK',
        ],
      ],
      Qresync,
    );
    const [result] = await read(mail, ['9.1']);
    expect(result).toMatchObject({ outcome: 'item', item: { subject: 'one', body: { data: 'hello' } } });
  });

  test('answers about messages that were not asked for are passed over', async () => {
    const { mail } = await open([
      [/^SELECT/, Selected],
      [/^UID FETCH \S+ \(UID FLAGS INTERNALDATE/, `${Fetched(2, 'other')}\n${Fetched(1, 'one')}\nOK`],
      [/^UID FETCH/, '* 1 FETCH (UID 1 BODY[1]<0> "hello")\nOK'],
    ]);
    expect((await read(mail, ['9.1'])).map(({ id }) => id)).toEqual(['9.1']);
  });

  test('a message that the server refuses is unreadable, the others are read', async () => {
    const { mail } = await open([
      [/^SELECT/, Selected],
      [/^UID FETCH 1:2 /, 'NO [SERVERBUG] Internal error'],
      [/^UID FETCH 2 /, 'NO [SERVERBUG] Internal error'],
      [/^UID FETCH 1 \(UID FLAGS INTERNALDATE/, `${Fetched(1, 'one')}\nOK`],
      [/^UID FETCH 1 /, '* 1 FETCH (UID 1 BODY[1]<0> "hello")\nOK'],
    ]);
    const results = await read(mail, ['9.2', '9.1']);
    expect(results.map(({ outcome }) => outcome)).toEqual(['unreadable', 'item']);
    expect(results[0]).toMatchObject({ reason: expect.stringContaining('SERVERBUG') });
  });

  test('a message without a structure goes as its header and a notice, the message attached', async () => {
    const { mail } = await open([
      [/^SELECT/, Selected],
      [/^UID FETCH/, `${Fetched(1, 'odd').replace(Structure, 'BODYSTRUCTURE NIL')}\nOK`],
    ]);
    const [result] = await read(mail, ['9.1']);
    expect(result).toMatchObject({
      outcome: 'item',
      item: { subject: 'odd', attachments: [{ fileReference: 'message' }] },
    });
  });

  test('a date that cannot be read is no reason to lose the message', async () => {
    const { mail } = await open([
      [/^SELECT/, Selected],
      [
        /^UID FETCH \S+ \(UID FLAGS INTERNALDATE/,
        `${Fetched(1, 'one').replace('05-Jan-2026 10:00:00 +0000', 'yesterday')}\nOK`,
      ],
      [/^UID FETCH/, '* 1 FETCH (UID 1 BODY[1]<0> "hello")\nOK'],
    ]);
    expect((await read(mail, ['9.1']))[0]).toMatchObject({ outcome: 'item', at: 0 });
  });
});

describe('while changes are read', () => {
  test('what the server says of the mailbox selected before is not taken for this one', async () => {
    const { mail } = await open(
      [
        [
          /^SELECT/,
          `* VANISHED 1\n* 1 FETCH (UID 1 FLAGS (\\Seen))\n* OK [CLOSED] closed\n* VANISHED (EARLIER) 2\n${Selected}`,
        ],
      ],
      Qresync,
    );
    const changes = await mail.changes('INBOX', 'q.9.5');
    expect(changes.changed).toEqual([]);
    expect('removed' in changes.gone && [...changes.gone.removed]).toEqual(['9.2']);
  });

  test('mod-sequences that went back (a restored backup) refuse the cursor', async () => {
    const { mail } = await open([[/^SELECT/, Selected]], Qresync);
    await expect(mail.changes('INBOX', 'q.9.8')).rejects.toMatchObject({ code: 'cursorRefused' });
    await expect(mail.changes('INBOX', 'q.9.7')).resolves.toMatchObject({ changed: [] });
  });

  test('a server that no longer keeps mod-sequences refuses the cursor made of them', async () => {
    const { mail } = await open(
      [[/^SELECT/, Selected.replace('* OK [HIGHESTMODSEQ 7] ok', '* OK [NOMODSEQ] none')]],
      Qresync,
    );
    await expect(mail.changes('INBOX', 'q.9.7')).rejects.toMatchObject({ code: 'cursorRefused' });
  });

  test('removals without end are bounded', async () => {
    const { mail } = await open([[/^SELECT/, `* VANISHED (EARLIER) 1:4294967295\n${Selected}`]], Qresync);
    const { gone } = await mail.changes('INBOX', 'q.9.5');
    expect('removed' in gone && gone.removed.size).toBe(4_294_967_295);
  });

  test('an answer that makes no sense is an error, not an empty folder', async () => {
    const { mail } = await open([[/^SELECT/, '* 2 EXISTS\nOK [READ-WRITE] ok']]);
    await expect(mail.list('INBOX', undefined)).rejects.toMatchObject({ code: 'unavailable' });
    const { mail: other } = await open(
      [
        [/^SELECT/, Selected],
        [/^UID SEARCH/, '* ESEARCH (TAG "x") UID ALL 1:x\nOK'],
      ],
      Qresync,
    );
    await expect(other.list('INBOX', undefined)).rejects.toThrow(RangeError);
  });
});

describe('what the server refuses', () => {
  test.each([
    ['NO [OVERQUOTA] full', 'overQuota'],
    ['NO [TOOBIG] large', 'tooLarge'],
    ['NO [NOPERM] no', 'forbidden'],
    ['NO [TRYCREATE] none', 'notFound'],
    ['NO [INUSE] busy', 'unavailable'],
    ['NO not today', 'rejected'],
    ['BAD what', 'unavailable'],
  ])('an append answered with %s is %s', async (answer, code) => {
    const { mail } = await open([
      [/^SELECT/, Selected],
      [/^UID SEARCH/, '* SEARCH\nOK'],
      [/^APPEND/, answer],
    ]);
    const source = { length: 3, read: () => Buffer.from('a\r\n'), slice: () => source };
    await expect(mail.append('INBOX', source, {}, 'a'.repeat(64))).rejects.toMatchObject({ code });
  });

  test('a message larger than it says it takes is not sent', async () => {
    const { mail, server } = await open(
      [
        [/^SELECT/, Selected],
        [/^UID SEARCH/, '* SEARCH\nOK'],
      ],
      'LITERAL+ APPENDLIMIT=2',
    );
    const source = { length: 3, read: () => Buffer.from('a\r\n'), slice: () => source };
    await expect(mail.append('INBOX', source, {}, 'a'.repeat(64))).rejects.toMatchObject({ code: 'tooLarge' });
    expect(server.heard.some((command) => command.startsWith('APPEND'))).toBe(false);
  });

  test.each([
    ['NO [ALREADYEXISTS] there', 'exists'],
    ['NO [CANNOT] never', 'rejected'],
    ['NO [NOPERM] no', 'forbidden'],
    ['NO no', 'forbidden'],
  ])('a folder answered with %s is %s', async (answer, code) => {
    const { folders } = await open([[/^CREATE/, answer]]);
    await expect(folders.create({ name: 'x', itemClass: 'Email' })).rejects.toMatchObject({ code });
  });

  test('a folder that somebody else renames at once: the device asks again, nothing is wrong with its name', async () => {
    const { folders } = await open([[/^LIST/, '* LIST () "/" INBOX\n* LIST () "/" Old\nOK']]);
    const old = (await folders.list()).find(({ name }) => name === 'Old')?.id ?? '';
    await expect(folders.create({ name: 'New', itemClass: 'Email' })).rejects.toMatchObject({ code: 'unavailable' });
    await expect(folders.update(old, { name: 'New' })).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('a subscription, and the folder is made all the same', async () => {
    let made = false;
    const { folders } = await open([
      [/^SUBSCRIBE/, 'NO no subscriptions here'],
      [/^LIST/, '* LIST () "/" INBOX\n* LIST () "/" new\nOK'],
    ]);
    await folders.create({ name: 'x', itemClass: 'Email' }).catch((error) => {
      made = error.code === 'unavailable';
    });
    expect(made).toBe(true);
  });

  test('X-GUID, and folders are known by their paths', async () => {
    const { folders, server } = await open(
      [
        [/^ID/, '* ID ("name" "Dovecot")\nOK'],
        [/^LIST .*X-GUID/, 'BAD Invalid status item'],
      ],
      'ID LIST-EXTENDED LIST-STATUS',
      { folders: { create: false } },
    );
    expect((await folders.list()).map(({ id }) => id)).toEqual(['INBOX']);
    expect(server.heard.filter((command) => command.startsWith('LIST "" "*"'))).toHaveLength(2);
  });

  test('the status of one folder for now: the hierarchy is not told at all, rather than with another id', async () => {
    const { folders } = await open(
      [
        [/^LIST/, '* LIST () "/" INBOX\n* LIST () "/" Busy\n* STATUS INBOX (UIDVALIDITY 1 MAILBOXID (M1))\nOK'],
        [/^STATUS/, 'NO [INUSE] later'],
      ],
      'LIST-EXTENDED LIST-STATUS OBJECTID',
    );
    await expect(folders.list()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('object ids', () => {
  test('are those of RFC 8474 where the server has them', async () => {
    const list = (name: string) => `* LIST () "/" ${name}\n* STATUS ${name} (UIDVALIDITY 1 MAILBOXID (M77))\nOK`;
    const ids = [];
    for (const name of ['Before', 'After']) {
      const { folders } = await open([[/^LIST/, list(name)]], 'LIST-EXTENDED LIST-STATUS OBJECTID');
      ids.push((await folders.list())[0]?.id);
    }
    expect(ids[0]).toMatch(/^o-/);
    expect(ids[1]).toBe(ids[0]);
  });
});

describe('a watch', () => {
  const ear = () => {
    const heard: string[] = [];
    const listener: WatchListener = {
      moved: (folder, position) => void heard.push(`${folder} ${position}`),
      hierarchyChanged: () => void heard.push('hierarchy'),
      lost: () => void heard.push('lost'),
    };
    return { heard, listener };
  };
  const Status = '* STATUS INBOX (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 9 UNSEEN 0 HIGHESTMODSEQ 7)';
  const notify: Script = [[/^NOTIFY SET/, `${Status}\nOK`]];

  test('is told of positions that need no further look', async () => {
    const { watch, server } = await open(notify, Qresync);
    const { heard, listener } = ear();
    await watch.open(['INBOX'], listener);
    server.say(
      '* STATUS INBOX (UNSEEN 1 HIGHESTMODSEQ 8)',
      '* STATUS Other (HIGHESTMODSEQ 9)',
      '* STATUS INBOX (HIGHESTMODSEQ 8)',
    );
    await wait(50);
    expect(heard).toEqual(['INBOX q.9.8']);
  });

  test('that overflowed looks again at everything', async () => {
    const { watch, server } = await open(notify, Qresync);
    const { heard, listener } = ear();
    await watch.open(['INBOX'], listener);
    server.say('* OK [NOTIFICATIONOVERFLOW] too much');
    await wait(400);
    expect(heard).toEqual(['INBOX undefined']);
    expect(server.heard.filter((command) => command.startsWith('NOTIFY SET'))).toHaveLength(2);
    server.say('* STATUS INBOX (HIGHESTMODSEQ 8)');
    await wait(50);
    expect(heard).toEqual(['INBOX undefined', 'INBOX q.9.8']);
  });

  test('that overflows again and again does not spin', async () => {
    const { watch, server } = await open(
      [[/^NOTIFY SET/, `${Status}\n* OK [NOTIFICATIONOVERFLOW] too much\nOK`]],
      Qresync,
    );
    const { listener } = ear();
    await watch.open(['INBOX'], listener);
    await wait(1_500);
    expect(server.heard.filter((command) => command.startsWith('NOTIFY SET')).length).toBeLessThan(8);
  });

  test('finds what happened between two waits: NOTIFY answers with the state of everything', async () => {
    let turn = 0;
    const script: Script = [
      [
        { test: (command: string) => command.startsWith('NOTIFY SET') && turn++ > 0 } as RegExp,
        `${Status.replace('SEQ 7', 'SEQ 9')}\nOK`,
      ],
      ...notify,
    ];
    const { watch } = await open(script, Qresync);
    const { heard, listener } = ear();
    const watcher = await watch.open(['INBOX'], listener);
    watcher.watch(['INBOX']);
    await wait(100);
    expect(heard).toEqual(['INBOX q.9.9']);
  });

  test('is done by IDLE at a server that offers NOTIFY and then refuses it', async () => {
    const { watch, server } = await open(
      [
        [/^NOTIFY/, 'NO not for you'],
        [/^SELECT/, Selected],
      ],
      Qresync,
    );
    const { heard, listener } = ear();
    await watch.open(['INBOX'], listener);
    expect(server.heard.filter((command) => command.startsWith('SELECT'))).toHaveLength(1);
    await wait(50);
    server.say('* 3 EXISTS');
    await wait(50);
    expect(heard).toEqual(['INBOX undefined']);
    expect(watch.promise('INBOX').how).toBe('push');
    expect(watch.promise('other').how).toBe('poll');
  });

  test('is lost when the server says goodbye', async () => {
    const { watch, server } = await open(notify, Qresync);
    const { heard, listener } = ear();
    await watch.open(['INBOX'], listener);
    server.say('* BYE shutting down');
    await wait(100);
    expect(heard).toEqual(['lost']);
  });

  test('ends its waiting command before it says goodbye itself', async () => {
    const { watch, server } = await open(notify, Qresync);
    const { listener } = ear();
    const watcher = await watch.open(['INBOX'], listener);
    await wait(50);
    await watcher.close();
    expect(server.heard.slice(-3)).toEqual(['IDLE', 'DONE', 'LOGOUT']);
  });
});
