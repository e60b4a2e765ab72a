import type { Note } from '../../protocol/classes/note.ts';
import { BackendError } from '../contract/errors.ts';
import type { ItemPatch, NoteStore } from '../contract/groupware.ts';
import type { ObjectStore } from '../contract/objects.ts';
import { checkNote, type JournalPatch, newJournal, patchJournal, readJournal } from '../convert/note/journal.ts';
import { textBody } from '../convert/text-body.ts';
import type { ObjectConverter } from './converter.ts';
import { itemsOf } from './items.ts';
import { textAfter } from './texts.ts';
import { type UserOptions, userContext } from './user.ts';

const converter = (options: UserOptions): ObjectConverter<Note, ItemPatch<Note>> => {
  const context = userContext(options);
  const journalPatch = (text: string | undefined, { set, cleared, seen }: ItemPatch<Note>): JournalPatch => {
    checkNote(set);
    return { set, cleared, text: textAfter(text, set.body, cleared.includes('body'), seen), now: context().now };
  };
  return {
    read: (text, { preferences }) => {
      const found = readJournal(text);
      if (found === undefined) return undefined;
      const body = textBody({ plain: found.text }, preferences);
      return body === undefined ? found.note : { ...found.note, body };
    },
    patch: (text, patch) => {
      const patched = patchJournal(text, journalPatch(readJournal(text)?.text, patch));
      if (patched === undefined)
        throw new BackendError('rejected', { detail: 'the note on the server is no VJOURNAL' });
      return patched;
    },
    make: (patch, name) => newJournal(journalPatch(undefined, patch), name),
  };
};

/** Notes out of VJOURNALs. */
export const notesOf = (objects: ObjectStore, options: UserOptions = {}): NoteStore =>
  itemsOf(objects, converter(options));
