import { describe, expect, test } from '@jest/globals';
import { newCard, patchCard, readCard } from '../../../../backends/convert/contact/card.ts';
import type { Contact } from '../../../../protocol/classes/contact.ts';

const card = (...lines: string[]): string => ['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\r\n');

const contactOf = (...lines: string[]): Contact => {
  const read = readCard(card('VERSION:3.0', ...lines));
  if (read === undefined) throw new Error('no card');
  return read.contact;
};

const patched = (text: string, set: Contact, cleared: readonly (keyof Contact)[] = []): string => {
  const result = patchCard(text, { set, cleared });
  if (result === undefined) throw new Error('no card');
  return result;
};

describe('what a device sees of a card', () => {
  test('names, organisation and titles (MS-ASCNTC_R240, MS-ASCNTC_R310)', () => {
    expect(
      contactOf('N:Doe;Jane;Mary;Dr.;Jr.', 'FN:Jane', 'ORG:Acme;Sales;East', 'TITLE:Boss', 'NICKNAME:J\\,D'),
    ).toMatchObject({
      lastName: 'Doe',
      firstName: 'Jane',
      middleName: 'Mary',
      title: 'Dr.',
      suffix: 'Jr.',
      companyName: 'Acme',
      department: 'Sales',
      jobTitle: 'Boss',
      nickName: 'J,D',
      fileAs: 'Doe, Jane Mary',
    });
  });

  test('a card with nothing but FN shows its name and is filed under it (MS-ASCNTC_R233)', () => {
    expect(contactOf('FN:Acme Inc.')).toEqual({ lastName: 'Acme Inc.', fileAs: 'Acme Inc.' });
    expect(contactOf('N:;;;;', 'FN:', 'EMAIL:a@x')).toMatchObject({ fileAs: 'a@x' });
  });

  test('telephone numbers by their types, whoever wrote them', () => {
    expect(
      contactOf(
        'TEL;TYPE=home,voice:1',
        'TEL;TYPE=HOME;TYPE=VOICE:2',
        'TEL;WORK;VOICE:3',
        'TEL;TYPE=cell,pref:4',
        'TEL;TYPE=work,fax:5',
        'TEL;TYPE=fax,home:6',
        'TEL;TYPE=pager:7',
        'item1.TEL;TYPE=main:8',
        'TEL;VALUE=uri;TYPE="work,voice":tel:+49-30-9',
      ),
    ).toMatchObject({
      homePhoneNumber: '1',
      home2PhoneNumber: '2',
      businessPhoneNumber: '3',
      business2PhoneNumber: '+49-30-9',
      mobilePhoneNumber: '4',
      businessFaxNumber: '5',
      homeFaxNumber: '6',
      pagerNumber: '7',
      companyMainPhone: '8',
    });
  });

  test('no number is out of sight for want of a type', () => {
    const contact = contactOf('TEL:1', 'TEL;TYPE=voice:2', 'TEL;TYPE=x-odd:3', 'TEL;TYPE=home:4');
    expect(Object.values(contact).filter((value) => /^\d$/.test(String(value)))).toHaveLength(4);
    expect(contact.homePhoneNumber).toBe('4');
  });

  test('addresses of the three kinds, and the preferred mail address first', () => {
    const contact = contactOf(
      'ADR;TYPE=work:Box;Ext;Street 1;City;State;123;Land',
      'ADR;TYPE=HOME:;;Home\\, 2;;;;',
      'ADR:;;Third;;;;',
      'EMAIL:b@x',
      'EMAIL;TYPE=pref:a@x',
    );
    expect(contact).toMatchObject({
      businessAddressStreet: 'Street 1',
      businessAddressCity: 'City',
      businessAddressState: 'State',
      businessAddressPostalCode: '123',
      businessAddressCountry: 'Land',
      homeAddressStreet: 'Home, 2',
      otherAddressStreet: 'Third',
      email1Address: 'a@x',
      email2Address: 'b@x',
    });
  });

  test.each([
    ['BDAY:1985-04-12'],
    ['BDAY:19850412'],
    ['BDAY;VALUE=date-and-or-time:19850412T102200'],
    ['BDAY:1985-04-12T00:00:00Z'],
  ])('the day of %s (MS-ASCNTC_R124)', (line) => {
    expect(contactOf(line).birthday).toEqual(new Date(Date.UTC(1985, 3, 12)));
  });

  test.each(['BDAY:--0412', 'BDAY:1985-02-30', 'BDAY;VALUE=text:spring'])('%s is no day that can be told', (line) => {
    expect(contactOf(line)).not.toHaveProperty('birthday');
  });

  test('people, in the ways of several programs (MS-ASCNTC_R392)', () => {
    expect(contactOf('X-EVOLUTION-SPOUSE:Sam', 'X-MS-MANAGER:Max')).toMatchObject({
      spouse: 'Sam',
      managerName: 'Max',
    });
    expect(
      contactOf('item1.X-ABRELATEDNAMES:Sam', 'item1.X-ABLabel:_$!<Spouse>!$_', 'RELATED;TYPE=child;VALUE=text:Kim'),
    ).toMatchObject({ spouse: 'Sam', children: ['Kim'] });
    expect(contactOf('RELATED;TYPE=spouse:urn:uuid:1')).not.toHaveProperty('spouse');
  });

  test.each([['PHOTO;ENCODING=b;TYPE=JPEG:AQID'], ['PHOTO;JPEG;BASE64:AQID'], ['PHOTO:data:image/jpeg;base64,AQID']])(
    'the photo of %s (MS-ASCNTC_R373)',
    (line) => {
      expect(contactOf(line).picture).toEqual(new Uint8Array([1, 2, 3]));
    },
  );

  test('no photo that is elsewhere or broken', () => {
    expect(contactOf('PHOTO;VALUE=uri:http://x/y.jpg')).not.toHaveProperty('picture');
    expect(contactOf('PHOTO;ENCODING=b:!!!')).not.toHaveProperty('picture');
  });

  test('the note apart from the rest, and the UID', () => {
    expect(readCard(card('UID:u1', 'FN:x', 'NOTE:a\\nb'))).toMatchObject({ note: 'a\nb', uid: 'u1' });
    expect(readCard('BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n')).toBeUndefined();
  });
});

describe('an edit of a device', () => {
  const text = card(
    'VERSION:3.0',
    'UID:u1',
    'X-CUSTOM;A=b:kept  ',
    'N:Doe;Jane;;;',
    'FN:Jane Doe',
    'item1.TEL;TYPE=cell:1',
    'item1.X-ABLabel:Ship',
    'BDAY:19850412',
    'NOTE:long note that is folded in a way that we would not fold it, for we fo',
    '  ld at 75 octets',
    'PHOTO;ENCODING=b;TYPE=JPEG:AQID',
    'REV:2020-01-01T00:00:00Z',
  );
  const { contact } = readCard(text) as { contact: Contact };

  test('that changes nothing leaves every byte', () => {
    const all = Object.keys(contact) as (keyof Contact)[];
    expect(patched(text, contact, all)).toBe(text);
    expect(patched(text, { birthday: new Date(Date.UTC(1985, 3, 12, 8)) })).toBe(text);
    expect(patchCard(text, { set: {}, cleared: [], note: readCard(text)?.note })).toBe(text);
  });

  test('changes its property alone', () => {
    expect(patched(text, { mobilePhoneNumber: '2' })).toBe(
      text.replace('item1.TEL;TYPE=cell:1', 'item1.TEL;TYPE=cell:2'),
    );
    expect(patched(text, { webPage: 'http://x' })).toBe(text.replace('END:VCARD', 'URL:http://x\r\nEND:VCARD'));
    expect(patched(text, {}, ['birthday'])).toBe(text.replace('BDAY:19850412\r\n', ''));
  });

  test('with an empty Picture keeps the photo; one that is cleared takes it away', () => {
    expect(patched(text, { picture: null }, ['picture'])).toBe(text);
    expect(patched(text, {}, ['picture'])).not.toContain('PHOTO');
  });

  test('of the name takes FN along where FN was made of it', () => {
    const renamed = patched(text, { lastName: 'Roe' });
    expect(renamed).toContain('N:Roe;Jane;;;\r\nFN:Jane Roe\r\n');
    const own = text.replace('FN:Jane Doe', 'FN:Janey');
    expect(patched(own, { lastName: 'Roe' })).toContain('FN:Janey\r\n');
  });

  test('keeps post office box and extended address', () => {
    const home = card('N:a;;;;', 'FN:a', 'ADR;TYPE=home:Box;Ext;Street;City;;;');
    expect(patched(home, { homeAddressCity: 'Town' })).toContain('ADR;TYPE=home:Box;Ext;Street;Town;;;');
    const cleared = patched(home, {}, ['homeAddressStreet', 'homeAddressCity']);
    expect(cleared).toContain('ADR;TYPE=home:Box;Ext;;;;;');
  });

  test('that takes the first of several away leaves the others in their slots', () => {
    const two = card('N:a;;;;', 'FN:a', 'EMAIL:a@x', 'EMAIL:b@x');
    const one = readCard(patched(two, {}, ['email1Address']))?.contact;
    expect(one).not.toHaveProperty('email1Address');
    expect(one?.email2Address).toBe('b@x');
  });

  test('that takes one away brings none into sight that was out of it, as the next edit would take that away', () => {
    const many = ['1', '2', '3', '4'].map((name) => `EMAIL:${name}@x\r\n`).join('');
    const four = `BEGIN:VCARD\r\nVERSION:3.0\r\nN:Doe\r\nFN:Doe\r\n${many}END:VCARD\r\n`;
    const left = patched(four, {}, ['email1Address']);
    expect(readCard(left)?.contact).toMatchObject({ email2Address: '2@x', email3Address: '3@x' });
    expect(readCard(left)?.contact.email1Address).toBeUndefined();
    expect(patched(left, { jobTitle: 'Boss' }, ['email1Address'])).toContain('4@x\r\n');
  });

  test('of a card without FN writes none unless it changes the name', () => {
    const bare = 'BEGIN:VCARD\r\nN:Doe;Jane\r\nEND:VCARD\r\n';
    expect(patched(bare, readCard(bare)?.contact ?? {})).toBe(bare);
    expect(patched(bare, { jobTitle: 'Boss' })).not.toContain('FN:');
    expect(patched(bare, { firstName: 'Ann' })).toContain('FN:Ann Doe\r\n');
  });

  test('that gives a name to a contact known by FN alone keeps what it was called', () => {
    const named = patched('BEGIN:VCARD\r\nFN:Acme\r\nEND:VCARD\r\n', { firstName: 'Jane', lastName: 'Acme' });
    expect(named).toContain('N:Acme;Jane\r\n');
    expect(named).toContain('FN:Jane Acme\r\n');
  });

  test('takes the address out of a mailbox', () => {
    expect(patched(text, { email1Address: '"Jane Doe" <jane@x>' })).toContain('EMAIL:jane@x\r\n');
  });
});

describe('a new contact', () => {
  test('has FN whatever the device left out, and FileAs', () => {
    const made = newCard({ set: { companyName: 'Acme' }, cleared: [] }, 'u1');
    expect(made).toContain('FN:Acme\r\n');
    expect(made).toContain('UID:u1\r\n');
    expect(readCard(made)?.contact).toMatchObject({ companyName: 'Acme', fileAs: 'Acme' });
    expect(newCard({ set: {}, cleared: [] }, 'u2')).toContain('FN:\r\n');
  });

  test('keeps a FileAs of its own', () => {
    const made = newCard({ set: { firstName: 'Jane', fileAs: 'The boss' }, cleared: [] }, 'u1');
    expect(readCard(made)?.contact.fileAs).toBe('The boss');
    expect(newCard({ set: { firstName: 'Jane', fileAs: 'Jane' }, cleared: [] }, 'u1')).not.toContain('FILE-AS');
  });

  test('with a FileAs alone is filed and shown under it', () => {
    const made = newCard({ set: { fileAs: 'The shop' }, cleared: [] }, 'u1');
    expect(made).toContain('FN:The shop\r\n');
    expect(readCard(made)?.contact.fileAs).toBe('The shop');
  });

  test('keeps the FileAs that a device sends beside other names', () => {
    const made = newCard({ set: { firstName: 'Jane', lastName: 'Doe' }, cleared: [] }, 'u1');
    const edited = patchCard(made, { set: { lastName: 'Doe', fileAs: 'Doe, Jane' }, cleared: ['firstName'] }) ?? '';
    expect(readCard(edited)?.contact).toEqual({ lastName: 'Doe', fileAs: 'Doe, Jane' });
  });
});
