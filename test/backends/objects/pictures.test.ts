import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ObjectRequest } from '../../../backends/contract/groupware.ts';
import type { ItemId } from '../../../backends/contract/items.ts';
import type { ObjectStore } from '../../../backends/contract/objects.ts';
import { MaxPictureBytes } from '../../../backends/convert/contact/photo.ts';
import { encodeJpeg } from '../../../backends/convert/picture/jpeg-encode.ts';
import { LocalAccounts } from '../../../backends/local/accounts.ts';
import { LocalFolders } from '../../../backends/local/folders.ts';
import { LocalObjects } from '../../../backends/local/objects.ts';
import { migrations } from '../../../backends/local/schema.ts';
import { LocalStore } from '../../../backends/local/store.ts';
import { Watchers } from '../../../backends/local/watchers.ts';
import { contactsOf } from '../../../backends/objects/contacts.ts';
import { isMadeOf, Pictures } from '../../../backends/objects/pictures.ts';
import type { Contact } from '../../../protocol/classes/contact.ts';
import { type Database, openDatabase } from '../../../sqlite/database.ts';
import { migrate } from '../../../sqlite/migrate.ts';

/** A picture of noise, which no coding makes much smaller. */
const noise = (width: number, height: number, seed = 1): Uint8Array => {
  let state = seed;
  return Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
};
const jpeg = (width: number, height: number, seed = 1): Uint8Array => {
  const work = encodeJpeg({ width, height, rgb: noise(width, height, seed) }, { quality: 95, comment: '' });
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
};
const word = (value: number): number[] => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];
const png = (width: number, height: number): Uint8Array => {
  const rgb = noise(width, height);
  const lines = Array.from({ length: height }, (_, y) => [0, ...rgb.subarray(y * width * 3, (y + 1) * width * 3)]);
  const chunk = (name: string, data: Iterable<number>) => {
    const bytes = [...data];
    return [...word(bytes.length), ...Buffer.from(name), ...bytes, 0, 0, 0, 0];
  };
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk('IHDR', [...word(width), ...word(height), 8, 2, 0, 0, 0]),
    ...chunk('IDAT', deflateSync(Buffer.from(lines.flat()))),
    ...chunk('IEND', []),
  ]);
};

describe('pictures', () => {
  const large = jpeg(240, 180);

  test('that are small enough stay as they are, whatever they are', async () => {
    const odd = Buffer.from('GIF89a');
    expect(await new Pictures().fit(odd)).toBe(odd);
  });

  test('that are too large become small enough (MS-ASCNTC_R381), and tell what they were made of', async () => {
    expect(large.length).toBeGreaterThan(MaxPictureBytes);
    const made = (await new Pictures().fit(large)) ?? new Uint8Array(0);
    expect(made.length).toBeLessThanOrEqual(MaxPictureBytes);
    expect([...made.subarray(0, 2)]).toEqual([0xff, 0xd8]);
    expect([isMadeOf(made, large), isMadeOf(made, jpeg(16, 16)), isMadeOf(large, large)]).toEqual([true, false, false]);
    expect([isMadeOf(made, undefined), isMadeOf(made, null)]).toEqual([false, false]);
  });

  test('are the same bytes wherever and whenever they are made', async () => {
    expect(await new Pictures().fit(large)).toEqual(await new Pictures().fit(large));
  });

  test('are made once, also for those who ask at the same time', async () => {
    const pictures = new Pictures();
    const [one, other] = await Promise.all([pictures.fit(large), pictures.fit(Uint8Array.from(large))]);
    expect(one).toBe(other);
    expect(await pictures.fit(large)).toBe(one);
  });

  test('of PNG are read, too', async () => {
    const made = (await new Pictures().fit(png(130, 110))) ?? new Uint8Array(0);
    expect(made.length).toBeGreaterThan(0);
    expect(made.length).toBeLessThanOrEqual(MaxPictureBytes);
  });

  test.each([
    ['of an unknown kind', Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(50_000)])],
    ['damaged', Uint8Array.from(large).fill(0xff, 600, 700)],
    ['a PNG without content', Buffer.concat([png(2, 2).subarray(0, 40), Buffer.alloc(50_000)])],
    ['a bomb', Buffer.concat([png(2, 2), Buffer.alloc(50_000)]).fill(0x7f, 16, 24)],
  ])('that are %s are left out, and the next one is made', async (_, picture) => {
    const pictures = new Pictures();
    expect(await pictures.fit(Uint8Array.from(picture))).toBeUndefined();
    expect(await pictures.fit(jpeg(240, 180))).toBeDefined();
  });

  test('leave others their turn while they are made', async () => {
    let turns = 0;
    let isOver = false;
    const others = (async () => {
      while (!isOver) {
        turns++;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await new Pictures().fit(jpeg(320, 240));
    isOver = true;
    await others;
    expect(turns).toBeGreaterThan(3);
  });
});

describe('contacts with pictures', () => {
  const anna = 'anna@postrider.test';
  const seen: ObjectRequest = { form: 'instants', preferences: [] };
  const photo = jpeg(240, 180);
  let database: Database;
  let objects: ObjectStore;
  let folder = '';

  beforeAll(async () => {
    database = openDatabase(':memory:');
    migrate(database, migrations);
    const options = { keptRemovals: 1_000, maxMessageSize: 1_048_576, now: Date.now };
    const store = new LocalStore({ database, watchers: new Watchers(), ...options });
    await new LocalAccounts(store, 10).create(anna, 'secret');
    folder = await new LocalFolders(store, anna).create({ name: 'Friends', itemClass: 'Contacts' });
    objects = new LocalObjects(store, anna, { itemClass: 'Contacts', component: 'VCARD' });
  });
  afterAll(() => database.close());

  const textOf = async (id: ItemId): Promise<string> => {
    for await (const read of objects.read(folder, [id])) if (read.outcome === 'item') return read.text;
    return '';
  };
  const make = async (picture: Uint8Array, version = '3.0') => {
    const data = Buffer.from(picture).toString('base64');
    const line = version === '4.0' ? `PHOTO:data:image/jpeg;base64,${data}` : `PHOTO;ENCODING=b;TYPE=JPEG:${data}`;
    const text = [
      'BEGIN:VCARD',
      `VERSION:${version}`,
      `UID:${Math.random()}`,
      'FN:Mia',
      'N:Mia;;;;',
      line,
      'END:VCARD',
      '',
    ];
    const { id } = await objects.create(folder, text.join('\r\n'), `${Math.random()}`.slice(2));
    return id;
  };
  const contactOf = async (id: ItemId, pictures?: Pictures): Promise<Contact> => {
    for await (const read of contactsOf(objects, pictures).read(folder, [id], seen))
      if (read.outcome === 'item') return read.item;
    throw new Error('the contact is gone');
  };
  const change = (id: ItemId, set: Contact) => contactsOf(objects).update(folder, id, { set, cleared: [], seen });

  test.each(['3.0', '4.0'])(
    'of vCard %s are read small, and keep the large one when that comes back',
    async (version) => {
      const id = await make(photo, version);
      const before = await textOf(id);
      const { picture } = await contactOf(id);
      expect(picture?.length).toBeLessThanOrEqual(MaxPictureBytes);
      await change(id, { picture: picture ?? null });
      expect(await textOf(id)).toBe(before);
      await change(id, { picture: picture ?? null, jobTitle: 'Cook' });
      expect((await textOf(id)).replace(/TITLE:Cook\r\n/, '')).toBe(before);
    },
  );

  test('keep it when a device sends an empty one, or none', async () => {
    const id = await make(photo);
    const before = await textOf(id);
    await change(id, { picture: null });
    await change(id, { lastName: 'Mia' });
    expect(await textOf(id)).toBe(before);
  });

  test('get another one from a device, also where that is a small one of another contact', async () => {
    const id = await make(photo);
    const other = jpeg(60, 40, 7);
    await change(id, { picture: other });
    expect(Buffer.from((await contactOf(id)).picture ?? [])).toEqual(Buffer.from(other));
    const borrowed = (await contactOf(await make(jpeg(240, 180, 9)))).picture ?? null;
    await change(id, { picture: borrowed });
    expect(Buffer.from((await contactOf(id)).picture ?? [])).toEqual(Buffer.from(borrowed ?? []));
  });

  test('whose picture cannot be made smaller are served without', async () => {
    const id = await make(Buffer.alloc(50_000, 1));
    expect(await contactOf(id)).toMatchObject({ lastName: 'Mia', picture: undefined });
    const before = await textOf(id);
    await change(id, { lastName: 'Mia' });
    expect(await textOf(id)).toBe(before);
  });
});
