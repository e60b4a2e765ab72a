import type { Contact } from '../../../protocol/classes/contact.ts';
import {
  type LineComponent,
  lineEndIn,
  linesOf,
  makeComponent,
  makeLine,
  readComponent,
  replaceLines,
  writeComponent,
} from '../lines/content-lines.ts';
import { type LineField, single } from '../lines/fields.ts';
import { escapeText, unescapeText } from '../lines/text-values.ts';
import { displayName, fileAsOf } from './names.ts';
import { CardTable } from './table.ts';

/** A change of a card: what is set, what is taken away; all else stays byte for byte. */
export interface CardPatch {
  readonly set: Contact;
  readonly cleared: readonly (keyof Contact)[];
  /** NOTE; `null` takes it away, `undefined` leaves it. */
  readonly note?: string | null | undefined;
}

/** A contact without its body, and the text of its note. */
export interface CardContact {
  readonly contact: Contact;
  readonly note: string | undefined;
  readonly uid: string | undefined;
}

/** FileAs has no place in a vCard; Evolution's is the one that others know. */
const FileAs = single('X-EVOLUTION-FILE-AS', 'X-POSTRIDER-FILE-AS');
const Note = single('NOTE');

const entries = Object.entries(CardTable) as [keyof typeof CardTable, LineField<unknown>][];

const valuesOf = (card: LineComponent): Contact =>
  Object.fromEntries(
    entries.flatMap(([name, field]) => {
      const value = field.read(card);
      return value === undefined ? [] : [[name, value]];
    }),
  );

const formattedName = (card: LineComponent): string | undefined => {
  const value = linesOf(card, 'FN')[0]?.value;
  return value === undefined || value.trim() === '' ? undefined : unescapeText(value);
};

/** Reads a vCard 3 or 4; `undefined`: the text is none. */
export const readCard = (text: string): CardContact | undefined => {
  const card = readComponent(text);
  if (card?.name !== 'VCARD') return undefined;
  return { contact: contactOf(card), note: Note.read(card), uid: linesOf(card, 'UID')[0]?.value.trim() || undefined };
};

const contactOf = (card: LineComponent): Contact => {
  const values = valuesOf(card);
  const formatted = formattedName(card);
  // A card with nothing but FN (a company, a group) still shows its name.
  const isNameless = displayName(values) === '';
  const shown = isNameless && formatted !== undefined ? { ...values, lastName: formatted } : values;
  return { ...shown, fileAs: FileAs.read(card) ?? fileAsOf(values, formatted) };
};

/** Applies a patch to the text of a card; a value that is there already changes nothing. `undefined`: no vCard. */
export const patchCard = (text: string, patch: CardPatch): string | undefined => {
  const card = readComponent(text);
  if (card?.name !== 'VCARD') return undefined;
  return writeComponent(patched(card, patch));
};

const patched = (card: LineComponent, patch: CardPatch): LineComponent =>
  withFileAs(withName(card, withNote(withValues(card, patch), patch.note), patch), patch);

const withValues = (card: LineComponent, { set, cleared }: CardPatch): LineComponent => {
  const before = contactOf(card);
  let result = card;
  for (const [name, field] of entries) {
    const value = set[name];
    // An empty Picture is what some clients always send; it is no order to delete ([MS-ASCNTC] 2.2.2.58).
    if (value === null) continue;
    if (value === undefined && !cleared.includes(name)) continue;
    const wanted = value === undefined || isEmpty(value) ? undefined : (field.normal?.(value) ?? value);
    if (!isSame(wanted, before[name] ?? undefined)) result = field.write(result, wanted);
  }
  return withShownName(card, result, set);
};

/** The name that stood in for all names becomes one of them as soon as there are others. */
const withShownName = (before: LineComponent, card: LineComponent, { lastName }: Contact): LineComponent => {
  const isNamed = displayName(valuesOf(before)) === '' && displayName(valuesOf(card)) !== '';
  return isNamed && lastName !== undefined ? CardTable.lastName.write(card, lastName) : card;
};

const isEmpty = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.length === 0);

/** Whether a device's value says what the card has: texts, numbers, days, bytes and lists of texts. */
const isSame = (a: unknown, b: unknown): boolean => {
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [left, right] = [Object.values(a), Object.values(b)];
  return left.length === right.length && left.every((value, at) => value === right[at]);
};

const withNote = (card: LineComponent, note: string | null | undefined): LineComponent => {
  if (note === undefined || note === (Note.read(card) ?? null)) return card;
  return Note.write(card, note === null || note === '' ? undefined : note);
};

/** FN follows the names as long as it said what they said; where there are none it is what the contact is filed under. */
const withName = (before: LineComponent, card: LineComponent, { set }: CardPatch): LineComponent => {
  const [old, fresh] = [displayName(contactOf(before)), displayName(contactOf(card))];
  const formatted = formattedName(before);
  if (old === fresh || (formatted !== undefined && formatted !== old)) return card;
  return withFormattedName(card, fresh || set.fileAs || FileAs.read(card) || formatted || '');
};

const withFormattedName = (card: LineComponent, name: string): LineComponent => {
  const [line] = linesOf(card, 'FN');
  if (line !== undefined && unescapeText(line.value) === name) return card;
  const made = makeLine({ ...(line ?? { parameters: [] }), name: 'FN', value: escapeText(name) }, lineEndIn(card));
  return replaceLines(card, line === undefined ? [] : [line], [made]);
};

/** FileAs is kept only where it is not what the names give anyway. */
const withFileAs = (card: LineComponent, { set, cleared }: CardPatch): LineComponent => {
  const wanted = set.fileAs ?? (cleared.includes('fileAs') ? '' : undefined);
  if (wanted === undefined || wanted === contactOf(card).fileAs) return card;
  const given = fileAsOf(valuesOf(card), formattedName(card));
  return FileAs.write(card, wanted === '' || wanted === given ? undefined : wanted);
};

/** A new card of version 3, which every server takes (RFC 6352 5.1). */
export const newCard = (patch: CardPatch, uid: string): string => {
  const lines = [
    { name: 'VERSION', value: '3.0' },
    { name: 'PRODID', value: '-//Postrider//EN' },
    { name: 'UID', value: escapeText(uid) },
    { name: 'N', value: ';;;;' },
  ];
  const bare = makeComponent(
    'VCARD',
    lines.map((line) => makeLine(line)),
  );
  const card = patched(bare, patch);
  // FN is obligatory (RFC 6350 6.2.1).
  return writeComponent(linesOf(card, 'FN').length > 0 ? card : withFormattedName(card, patch.set.fileAs ?? ''));
};
