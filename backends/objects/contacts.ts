import type { Contact } from '../../protocol/classes/contact.ts';
import { BackendError } from '../contract/errors.ts';
import type { ContactStore, ItemPatch } from '../contract/groupware.ts';
import type { ObjectStore } from '../contract/objects.ts';
import { type CardPatch, newCard, patchCard, readCard } from '../convert/contact/card.ts';
import { textBody } from '../convert/text-body.ts';
import type { ObjectConverter } from './converter.ts';
import { itemsOf } from './items.ts';
import { textAfter } from './texts.ts';

const cardPatch = (note: string | undefined, patch: ItemPatch<Contact>): CardPatch => ({
  set: patch.set,
  cleared: patch.cleared,
  note: textAfter(note, patch.set.body, patch.cleared.includes('body'), patch.seen),
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
