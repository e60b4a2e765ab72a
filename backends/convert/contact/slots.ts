import type { Contact } from '../../../protocol/classes/contact.ts';
import { type ContentLine, type LineComponent, parameterValues } from '../lines/content-lines.ts';

/**
 * A vCard has any number of telephone numbers, addresses and so on, each of several types; a contact of
 * EAS has one slot for each of a few kinds. This says which line is in which slot.
 */

type Slot = keyof Contact;

/** How lines of one kind fill slots. */
interface SlotRule {
  readonly slot: Slot;
  /** Types that a line must have, lower case. */
  readonly all: readonly string[];
  /** Types that it must not have. */
  readonly none?: readonly string[];
  /** Types that a new line gets. */
  readonly types: readonly string[];
}

/** A kind of property and the slots that it fills. */
export interface SlotKind {
  /** Properties that are read, the first is written. */
  readonly names: readonly string[];
  /** Tried in this order; a line goes into the first free slot that it fits. */
  readonly rules: readonly SlotRule[];
  /** Slots for lines that fit none, or whose own are taken, so that no number is out of sight. */
  readonly others: readonly Slot[];
}

/** Pins a line to a slot where its types alone would put it into another one. */
export const SlotParameter = 'X-POSTRIDER-SLOT';

/** Pins a line to none: it was out of sight when its slot got free, and a device that leaves the slot out means no line. */
export const NoSlot = 'none';

const NotVoice = ['fax', 'pager', 'cell', 'car', 'x-evolution-radio', 'x-evolution-assistant', 'x-evolution-company'];

const rule = (slot: Slot, all: readonly string[], types: readonly string[], none?: readonly string[]): SlotRule => ({
  slot,
  all,
  types,
  ...(none === undefined ? {} : { none }),
});

export const Telephones: SlotKind = {
  names: ['TEL'],
  rules: [
    rule('pagerNumber', ['pager'], ['PAGER']),
    rule('carPhoneNumber', ['car'], ['CAR']),
    rule('radioPhoneNumber', ['x-evolution-radio'], ['X-EVOLUTION-RADIO']),
    rule('assistantPhoneNumber', ['x-evolution-assistant'], ['X-EVOLUTION-ASSISTANT']),
    rule('companyMainPhone', ['x-evolution-company'], ['X-EVOLUTION-COMPANY']),
    rule('companyMainPhone', ['main'], ['MAIN'], NotVoice),
    rule('homeFaxNumber', ['home', 'fax'], ['HOME', 'FAX']),
    rule('businessFaxNumber', ['fax'], ['WORK', 'FAX'], ['home']),
    rule('mobilePhoneNumber', ['cell'], ['CELL']),
    rule('mobilePhoneNumber', ['iphone'], ['CELL']),
    rule('homePhoneNumber', ['home'], ['HOME', 'VOICE'], NotVoice),
    rule('home2PhoneNumber', ['home'], ['HOME', 'VOICE'], NotVoice),
    rule('businessPhoneNumber', ['work'], ['WORK', 'VOICE'], NotVoice),
    rule('business2PhoneNumber', ['work'], ['WORK', 'VOICE'], NotVoice),
  ],
  others: [
    'homePhoneNumber',
    'businessPhoneNumber',
    'mobilePhoneNumber',
    'home2PhoneNumber',
    'business2PhoneNumber',
    'radioPhoneNumber',
    'carPhoneNumber',
  ],
};

export const EmailAddresses: SlotKind = {
  names: ['EMAIL'],
  rules: [],
  others: ['email1Address', 'email2Address', 'email3Address'],
};

export const Messengers: SlotKind = {
  names: ['IMPP', 'X-JABBER', 'X-AIM', 'X-ICQ', 'X-MSN', 'X-YAHOO', 'X-SKYPE', 'X-GADUGADU', 'X-GROUPWISE', 'X-MATRIX'],
  rules: [],
  others: ['imAddress', 'imAddress2', 'imAddress3'],
};

/** The slot of an address is the one of its street; the other elements go with it. */
export const Addresses: SlotKind = {
  names: ['ADR'],
  rules: [
    rule('homeAddressStreet', ['home'], ['HOME']),
    rule('businessAddressStreet', ['work'], ['WORK']),
    rule('otherAddressStreet', ['other'], ['OTHER']),
  ],
  others: ['otherAddressStreet', 'homeAddressStreet', 'businessAddressStreet'],
};

const typesOf = (line: ContentLine): Set<string> =>
  new Set(parameterValues(line, 'TYPE').flatMap((value) => value.toLowerCase().split(',')));

const fits = ({ all, none = [] }: SlotRule, types: ReadonlySet<string>): boolean =>
  all.every((type) => types.has(type)) && !none.some((type) => types.has(type));

/** Whether a line is the one its writer prefers (RFC 6350 5.3, and TYPE=pref of vCard 3). */
const isPreferred = (line: ContentLine): boolean =>
  typesOf(line).has('pref') || parameterValues(line, 'PREF')[0] === '1';

/** What was worked out for a card, which never changes: dozens of elements ask for the same. */
const allocations = new WeakMap<LineComponent, Map<SlotKind, ReadonlyMap<Slot, ContentLine>>>();

/** Which line is in which slot; what finds no slot is not seen by devices, and never touched. */
export const allocate = (card: LineComponent, kind: SlotKind): ReadonlyMap<Slot, ContentLine> => {
  const known = allocations.get(card) ?? new Map<SlotKind, ReadonlyMap<Slot, ContentLine>>();
  allocations.set(card, known);
  const found = known.get(kind) ?? allocated(card, kind);
  known.set(kind, found);
  return found;
};

const allocated = (card: LineComponent, kind: SlotKind): ReadonlyMap<Slot, ContentLine> => {
  const taken = new Map<Slot, ContentLine>();
  const lines = card.items.filter(
    (item): item is ContentLine =>
      item.kind === 'line' && kind.names.includes(item.name) && !parameterValues(item, SlotParameter).includes(NoSlot),
  );
  const wanted = [...lines.filter(isPreferred), ...lines.filter((line) => !isPreferred(line))];
  const known = new Set<string>([...kind.rules.map(({ slot }) => slot), ...kind.others]);
  const place = (slotOf: (line: ContentLine) => Slot | undefined): void => {
    const placed = new Set(taken.values());
    for (const line of wanted) {
      const slot = placed.has(line) ? undefined : slotOf(line);
      if (slot !== undefined && !taken.has(slot)) taken.set(slot, line);
    }
  };
  place((line) => parameterValues(line, SlotParameter).find((slot) => known.has(slot)) as Slot | undefined);
  place((line) => {
    const types = typesOf(line);
    return kind.rules.find((candidate) => !taken.has(candidate.slot) && fits(candidate, types))?.slot;
  });
  place(() => kind.others.find((slot) => !taken.has(slot)));
  return taken;
};

/** TYPE values of a new line in a slot. */
export const typesFor = (kind: SlotKind, slot: Slot): readonly string[] =>
  kind.rules.find((candidate) => candidate.slot === slot)?.types ?? [];
