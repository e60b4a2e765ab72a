import type { Contact } from '../../protocol/classes/contact.ts';
import { BackendError } from '../contract/errors.ts';
import type { ContactStore, ItemPatch } from '../contract/groupware.ts';
import type { ObjectStore } from '../contract/objects.ts';
import { type CardPatch, newCard, patchCard, readCard } from '../convert/contact/card.ts';
import { editedText, textBody } from '../convert/text-body.ts';
import type { ObjectConverter } from './converter.ts';
import { itemsOf } from './items.ts';

/** The note of a card after a patch; `undefined`: as it is. */
const noteOf = (note: string | undefined, { set, cleared, seen }: ItemPatch<Contact>): string | null | undefined => {
  // A Body that is absent is unchanged, whatever Supported says (MS-ASCMD_R878).
  if (set.body === undefined) return cleared.includes('body') ? null : undefined;
  const edited = editedText({ plain: note ?? '' }, set.body, seen.preferences);
  return edited === undefined ? undefined : edited.plain || null;
};

const cardPatch = (note: string | undefined, patch: ItemPatch<Contact>): CardPatch => ({
  set: patch.set,
  cleared: patch.cleared,
  note: noteOf(note, patch),
});

const converter: ObjectConverter<Contact, ItemPatch<Contact>> = {
  read: (text, { preferences }) => {
    const card = readCard(text);
    if (card === undefined) return undefined;
    const body = textBody({ plain: card.note ?? '' }, preferences);
    return body === undefined ? card.contact : { ...card.contact, body };
  },
  patch: (text, patch) => {
    const patched = patchCard(text, cardPatch(readCard(text)?.note, patch));
    if (patched === undefined) throw new BackendError('rejected', { detail: 'the contact on the server is no vCard' });
    return patched;
  },
  make: (patch, name) => newCard(cardPatch(undefined, patch), name),
};

/** Contacts out of vCards. */
export const contactsOf = (objects: ObjectStore): ContactStore => itemsOf(objects, converter);
