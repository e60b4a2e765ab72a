import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newCard, patchCard, readCard } from '../../../../backends/convert/contact/card.ts';
import { CardTable } from '../../../../backends/convert/contact/table.ts';
import { linesOf, readComponent } from '../../../../backends/convert/lines/content-lines.ts';
import { type Contact, ContactFields } from '../../../../protocol/classes/contact.ts';

const line = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .map((text) => text.trim())
  .filter((text) => text !== '' && !/[\r\n<>]/.test(text));
const day = fc.integer({ min: -20_000, max: 30_000 }).map((days) => new Date(days * 86_400_000));

/** An address or a number cannot begin with what says what it is. */
const bare = line.filter((text) => !/^(?:tel|im):/i.test(text));

const arbitraryOf = (name: keyof Contact): fc.Arbitrary<unknown> => {
  if (name === 'birthday' || name === 'anniversary') return day;
  if (name === 'categories' || name === 'children') return fc.array(line, { minLength: 1, maxLength: 3 });
  if (name === 'picture') return fc.uint8Array({ minLength: 1, maxLength: 200 });
  if (name === 'weightedRank') return fc.integer();
  return bare;
};

const names = Object.keys(CardTable) as (keyof typeof CardTable)[];
const contacts = fc.record(Object.fromEntries(names.map((name) => [name, arbitraryOf(name)])), {
  requiredKeys: [],
}) as fc.Arbitrary<Contact>;

test('the table has every element of a contact', () => {
  const all = Object.keys(ContactFields).filter((name) => name !== 'body' && name !== 'fileAs');
  expect([...names].sort()).toEqual(all.sort());
});

test('what a device makes is what it gets back', () => {
  fc.assert(
    fc.property(contacts, fc.option(line, { nil: undefined }), (contact, note) => {
      const read = readCard(newCard({ set: contact, cleared: [], note }, 'u'));
      const { fileAs, ...seen } = read?.contact ?? {};
      expect(seen).toEqual(contact);
      expect(fileAs).toBeDefined();
      expect(read?.note).toBe(note);
    }),
    { numRuns: 200 },
  );
});

test('what a device edits is what it gets back, and nothing else changes for it', () => {
  fc.assert(
    fc.property(contacts, contacts, fc.subarray(names), (contact, set, cleared) => {
      const text = newCard({ set: contact, cleared: [] }, 'u');
      const edited = patchCard(text, { set, cleared }) ?? '';
      const wanted = {
        ...Object.fromEntries(Object.entries(contact).filter(([n]) => !cleared.includes(n as never))),
        ...set,
      };
      const { fileAs, ...seen } = readCard(edited)?.contact ?? {};
      expect(seen).toEqual(wanted);
      expect(patchCard(edited, { set, cleared })).toBe(edited);
    }),
    { numRuns: 200 },
  );
});

test('properties that no device sees are kept byte for byte', () => {
  fc.assert(
    fc.property(contacts, contacts, fc.subarray(names), (contact, set, cleared) => {
      const odd = 'X-ODD;P=1: a  b\\n\r\n item2.KEY:x\r\nLANG;PREF=1:fr\r\n';
      const text = newCard({ set: contact, cleared: [] }, 'u').replace('END:VCARD', `${odd}END:VCARD`);
      expect(patchCard(text, { set, cleared })).toContain(odd);
      expect(linesOf(readComponent(text) ?? fail(), 'UID')).toHaveLength(1);
    }),
    { numRuns: 100 },
  );
});

const fail = (): never => {
  throw new Error('no card');
};
