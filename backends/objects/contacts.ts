import type { Contact } from '../../protocol/classes/contact.ts';
import { BackendError } from '../contract/errors.ts';
import type { ContactStore, ItemPatch } from '../contract/groupware.ts';
import type { ReadResult } from '../contract/items.ts';
import type { ObjectStore } from '../contract/objects.ts';
import { type CardPatch, newCard, patchCard, readCard } from '../convert/contact/card.ts';
import { MaxPictureBytes } from '../convert/contact/photo.ts';
import { textBody } from '../convert/text-body.ts';
import type { ObjectConverter } from './converter.ts';
import { itemsOf } from './items.ts';
import { isMadeOf, Pictures } from './pictures.ts';
import { textAfter } from './texts.ts';

const cardPatch = (note: string | undefined, patch: ItemPatch<Contact>): CardPatch => ({
  set: patch.set,
  cleared: patch.cleared,
  note: textAfter(note, patch.set.body, patch.cleared.includes('body'), patch.seen),
});

/** A picture that is larger than devices may send it is refused ([MS-ASCNTC] 2.2.2.58). */
const checked = (patch: ItemPatch<Contact>): ItemPatch<Contact> => {
  const bytes = patch.set.picture?.length ?? 0;
  if (bytes > MaxPictureBytes) throw new BackendError('rejected', { detail: `the picture has ${bytes} bytes` });
  return patch;
};

/** A patch without a picture that was made of the one that the contact has: the device did not change it. */
const withoutOurPicture = (patch: ItemPatch<Contact>, original: Contact['picture']): ItemPatch<Contact> => {
  const { picture, ...rest } = patch.set;
  return picture != null && isMadeOf(picture, original) ? { ...patch, set: rest } : patch;
};

const converter: ObjectConverter<Contact, ItemPatch<Contact>> = {
  read: (text, { preferences }) => {
    const card = readCard(text);
    if (card === undefined) return undefined;
    const body = textBody({ plain: card.note ?? '' }, preferences);
    return body === undefined ? card.contact : { ...card.contact, body };
  },
  patch: (text, patch) => {
    const card = readCard(text);
    const patched = patchCard(text, cardPatch(card?.note, withoutOurPicture(checked(patch), card?.contact.picture)));
    if (patched === undefined) throw new BackendError('rejected', { detail: 'the contact on the server is no vCard' });
    return patched;
  },
  make: (patch, name) => newCard(cardPatch(undefined, checked(patch)), name),
};

/** Contacts out of vCards, with pictures as large as devices take them. */
export const contactsOf = (objects: ObjectStore, pictures: Pictures = new Pictures()): ContactStore => {
  const items = itemsOf(objects, converter);
  return {
    ...items,
    read: (folder, ids, request, signal) => withPictures(items.read(folder, ids, request, signal), pictures),
  };
};

async function* withPictures(
  contacts: AsyncIterable<ReadResult<Contact>>,
  pictures: Pictures,
): AsyncIterable<ReadResult<Contact>> {
  for await (const read of contacts) {
    const picture = read.outcome === 'item' ? read.item.picture : undefined;
    if (read.outcome !== 'item' || picture == null) yield read;
    else yield { ...read, item: { ...read.item, picture: await pictures.fit(picture) } };
  }
}
