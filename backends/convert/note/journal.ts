import type { Note } from '../../../protocol/classes/note.ts';
import { BackendError } from '../../contract/errors.ts';
import { timeOfLine, timeText } from '../calendar/times.ts';
import {
  componentsOf,
  type LineComponent,
  lineEndIn,
  linesOf,
  makeComponent,
  makeLine,
  readComponent,
  replaceComponent,
  replaceLines,
  writeComponent,
} from '../lines/content-lines.ts';
import { list, single } from '../lines/fields.ts';
import { escapeText } from '../lines/text-values.ts';

/** Notes as VJOURNAL (RFC 5545 3.6.3) and back. */

/** A note without its body, and its text. */
export interface JournalNote {
  readonly note: Note;
  readonly text: string;
}

/** A change of a note; all else stays byte for byte. */
export interface JournalPatch {
  readonly set: Pick<Note, 'subject' | 'categories'>;
  readonly cleared: readonly (keyof Note)[];
  /** `null` takes the text away, `undefined` leaves it. */
  readonly text?: string | null | undefined;
  /** Milliseconds since 1970: what LAST-MODIFIED says after a change. */
  readonly now: number;
}

/** The class that every note has ([MS-ASNOTE] 2.2.2.5). */
export const NoteClass = 'IPM.StickyNote';

/** Throws BackendError `rejected` for a note of another class than notes have (MS-ASNOTE_R119). */
export const checkNote = ({ messageClass }: Note): void => {
  if (messageClass !== undefined && !/^IPM\.StickyNote(?:\.|$)/i.test(messageClass))
    throw new BackendError('rejected', { detail: 'its MessageClass is none of notes' });
};

const Subject = single('SUMMARY');
const Text = single('DESCRIPTION');
const Categories = list('CATEGORIES');

const journalOf = (text: string): { calendar: LineComponent; journal: LineComponent } | undefined => {
  const calendar = readComponent(text);
  const journal = calendar === undefined ? undefined : componentsOf(calendar, 'VJOURNAL')[0];
  return calendar === undefined || journal === undefined ? undefined : { calendar, journal };
};

/** When it was changed last: LAST-MODIFIED, else DTSTAMP. */
const changedAt = (journal: LineComponent): Date | undefined => {
  const lines = ['LAST-MODIFIED', 'DTSTAMP', 'CREATED'].flatMap((name) => linesOf(journal, name));
  const time = lines.map(timeOfLine).find((found) => found !== undefined);
  return time === undefined ? undefined : new Date(time.wall);
};

/** Reads a VJOURNAL; `undefined`: the text has none. */
export const readJournal = (text: string): JournalNote | undefined => {
  const found = journalOf(text);
  if (found === undefined) return undefined;
  const { journal } = found;
  const note: Note = {
    subject: Subject.read(journal),
    messageClass: NoteClass,
    lastModifiedDate: changedAt(journal),
    categories: Categories.read(journal),
  };
  return { note, text: Text.read(journal) ?? '' };
};

/** Applies a patch; the same text where it changes nothing. `undefined`: the text has no note. */
export const patchJournal = (text: string, patch: JournalPatch): string | undefined => {
  const found = journalOf(text);
  if (found === undefined) return undefined;
  const { calendar, journal } = found;
  const edited = withText(withCategories(withSubject(journal, patch), patch), patch);
  if (edited === journal) return text;
  return writeComponent(replaceComponent(calendar, journal, stamped(edited, patch.now)));
};

const withSubject = (journal: LineComponent, { set, cleared }: JournalPatch): LineComponent => {
  const wanted = set.subject ?? (cleared.includes('subject') ? '' : undefined);
  const old = Subject.read(journal) ?? '';
  return wanted === undefined || wanted === old ? journal : Subject.write(journal, wanted || undefined);
};

const withCategories = (journal: LineComponent, { set, cleared }: JournalPatch): LineComponent => {
  const wanted = set.categories ?? (cleared.includes('categories') ? [] : undefined);
  const old = Categories.read(journal) ?? [];
  const isSame = wanted?.length === old.length && wanted.every((text, at) => text === old[at]);
  return wanted === undefined || isSame ? journal : Categories.write(journal, wanted);
};

const withText = (journal: LineComponent, { text }: JournalPatch): LineComponent =>
  text === undefined || (text ?? '') === (Text.read(journal) ?? '') ? journal : Text.write(journal, text || undefined);

const stamped = (journal: LineComponent, now: number): LineComponent => {
  const value = `${timeText(now)}Z`;
  return replaceLines(journal, linesOf(journal, 'LAST-MODIFIED'), [
    makeLine({ name: 'LAST-MODIFIED', value }, lineEndIn(journal)),
  ]);
};

/** A new VJOURNAL in a calendar of its own. */
export const newJournal = (patch: JournalPatch, uid: string): string => {
  const stamp = `${timeText(patch.now)}Z`;
  const lines = [
    { name: 'UID', value: escapeText(uid) },
    { name: 'DTSTAMP', value: stamp },
    { name: 'CREATED', value: stamp },
    { name: 'LAST-MODIFIED', value: stamp },
  ];
  const journal = makeComponent(
    'VJOURNAL',
    lines.map((line) => makeLine(line)),
  );
  const head = [makeLine({ name: 'VERSION', value: '2.0' }), makeLine({ name: 'PRODID', value: '-//Postrider//EN' })];
  const text = writeComponent(makeComponent('VCALENDAR', [...head, journal]));
  return patchJournal(text, patch) ?? text;
};
