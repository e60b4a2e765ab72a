import type { Contact } from '../../../protocol/classes/contact.ts';
import {
  type ContentLine,
  type LineComponent,
  lineEndIn,
  linesOf,
  makeLine,
  type Parameter,
  replaceLines,
} from '../lines/content-lines.ts';
import { firstLine, type LineField, lineIn, put, withValue } from '../lines/fields.ts';
import { escapeText, replaceFields, splitValue, structure, unescapeText } from '../lines/text-values.ts';
import { dayOf, readDay, writeDay } from './day.ts';
import {
  Addresses,
  allocate,
  EmailAddresses,
  Messengers,
  NoSlot,
  type SlotKind,
  SlotParameter,
  Telephones,
  typesFor,
} from './slots.ts';

type Slot = keyof Contact;

/** A field of a structure, `N:family;given;…`. The line goes when all of its fields are empty. */
export const structured = (name: string, index: number): LineField<string> => ({
  read: (card) => {
    const line = firstLine(card, [name]);
    return (line === undefined ? undefined : structure(line.value)[index]) || undefined;
  },
  write: (card, value) => {
    const line = firstLine(card, [name]);
    if (line === undefined && value === undefined) return card;
    const replaced = replaceFields(line?.value ?? '', { [index]: value ?? '' });
    // N is obligatory in vCard 3 (RFC 2426 3.1.2): it stays, empty.
    const isEmpty = name !== 'N' && splitValue(replaced, ';').every((field) => field === '');
    return put(card, line, name, isEmpty ? undefined : replaced);
  },
});

/** A day. */
export const day = (...names: [string, ...string[]]): LineField<Date> => ({
  normal: dayOf,
  read: (card) => readDay(firstLine(card, names)?.value ?? ''),
  write: (card, value) => {
    if (value === undefined)
      return replaceLines(
        card,
        names.flatMap((name) => linesOf(card, name)),
        [],
      );
    const old = firstLine(card, names);
    const line = lineIn(card, old?.name ?? names[0], writeDay(value));
    return replaceLines(card, old === undefined ? [] : [old], [{ ...line, group: old?.group }]);
  },
});

/** What a slot holds of its line, and how the line says it. */
interface SlotText {
  read(value: string): string;
  write(text: string): string;
}

const PlainText: SlotText = { read: unescapeText, write: escapeText };

/** `TEL;VALUE=uri:tel:+49-30-1` is how vCard 4 has it. */
const TelephoneText: SlotText = { read: (value) => unescapeText(value).replace(/^tel:/i, ''), write: escapeText };

/** A messenger's address is a URI; one without a scheme is written as `im:`. */
const MessengerText: SlotText = {
  read: (value) => unescapeText(value).replace(/^im:/i, ''),
  write: (text) => escapeText(/^[a-z][a-z0-9+.-]*:/i.test(text) && !/^im:/i.test(text) ? text : `im:${text}`),
};

const ofSlot = (kind: SlotKind, slot: Slot, text: SlotText): LineField<string> => ({
  read: (card) => {
    const line = allocate(card, kind).get(slot);
    return (line === undefined ? undefined : text.read(line.value)) || undefined;
  },
  write: (card, value) => {
    const old = allocate(card, kind).get(slot);
    if (value === undefined) return old === undefined ? card : withoutLine(card, kind, old);
    if (old !== undefined) return replaceLines(card, [old], [withValue(card, old, text.write(value))]);
    return insertInto(card, kind, slot, text.write(value));
  },
});

/** A card with a new line in a slot; it is pinned when its types alone would put it elsewhere. */
const insertInto = (card: LineComponent, kind: SlotKind, slot: Slot, value: string): LineComponent => {
  const types = typesFor(kind, slot);
  const parameters = types.length === 0 ? [] : [{ name: 'TYPE', values: types }];
  const name = kind.names[0] as string;
  const plain = lineIn(card, name, value, parameters);
  const result = replaceLines(card, [], [plain]);
  if (allocate(result, kind).get(slot) === plain) return result;
  return replaceLines(card, [], [lineIn(card, name, value, [...parameters, pin(slot)])]);
};

const pin = (slot: Slot | typeof NoSlot): Parameter => ({ name: SlotParameter, values: [slot] });

const pinned = (card: LineComponent, line: ContentLine, slot: Slot | typeof NoSlot): ContentLine => {
  const parameters = [...line.parameters.filter(({ name }) => name !== SlotParameter), pin(slot)];
  return makeLine({ ...line, parameters }, lineEndIn(card));
};

/**
 * A card without a line; where others would move up into its slot they are pinned to theirs, or to none, for the
 * device goes on seeing them there, or not at all.
 */
const withoutLine = (card: LineComponent, kind: SlotKind, line: ContentLine): LineComponent => {
  const slots = new Map([...allocate(card, kind)].map(([slot, kept]) => [kept, slot]));
  slots.delete(line);
  let result = replaceLines(card, [line], []);
  const nextMoved = () => [...allocate(result, kind)].find(([slot, found]) => slots.get(found) !== slot)?.[1];
  for (let moved = nextMoved(); moved !== undefined; moved = nextMoved()) {
    const slot = slots.get(moved);
    const fresh = pinned(card, moved, slot ?? NoSlot);
    if (slot !== undefined) slots.set(fresh, slot);
    result = replaceLines(result, [moved], [fresh]);
  }
  return result;
};

/** Fields of ADR that EAS has; post office box and extended address are left as they are. */
const AddressParts = { Street: 2, City: 3, State: 4, PostalCode: 5, Country: 6 } as const;

/** One element of an address. */
export const address = (of: 'home' | 'business' | 'other', part: keyof typeof AddressParts): LineField<string> => {
  const slot = `${of}AddressStreet` as const;
  const index = AddressParts[part];
  return {
    read: (card) => {
      const line = allocate(card, Addresses).get(slot);
      return (line === undefined ? undefined : structure(line.value)[index]) || undefined;
    },
    write: (card, value) => {
      const line = allocate(card, Addresses).get(slot);
      if (line === undefined) {
        return value === undefined
          ? card
          : insertInto(card, Addresses, slot, replaceFields(';;;;;;', { [index]: value }));
      }
      const replaced = replaceFields(line.value, { [index]: value ?? '' });
      const isEmpty = splitValue(replaced, ';').every((field) => field === '');
      if (isEmpty) return withoutLine(card, Addresses, line);
      return replaceLines(card, [line], [withValue(card, line, replaced)]);
    },
  };
};

export const telephone = (slot: Slot): LineField<string> => ofSlot(Telephones, slot, TelephoneText);
export const messenger = (slot: Slot): LineField<string> => ofSlot(Messengers, slot, MessengerText);

/** A device may send `"Jane Doe" <jane@example.org>`; the name stands in N and FN already. */
export const emailAddress = (slot: Slot): LineField<string> => ({
  ...ofSlot(EmailAddresses, slot, PlainText),
  normal: (text) => /^[^<]*<([^<>]+)>\s*$/.exec(text)?.[1] ?? text,
});
