import type { CalendarEvent } from '../../protocol/classes/event.ts';
import { BackendError } from '../contract/errors.ts';
import type { EventPatch, EventStore } from '../contract/groupware.ts';
import type { Attachment } from '../contract/mail.ts';
import type { ObjectStore } from '../contract/objects.ts';
import { eventEnd, eventFile, newEvent, patchEvent, readEvent, removeInstance } from '../convert/calendar/event.ts';
import { addedReference, type EventFile } from '../convert/calendar/event-attachments.ts';
import type { EventContext } from '../convert/calendar/event-source.ts';
import type { ObjectConverter } from './converter.ts';
import { editObject, itemsOf } from './items.ts';
import { type UserOptions, userContext } from './user.ts';

const noEvent = (): BackendError =>
  new BackendError('rejected', { detail: 'the event on the server is no VEVENT with a begin' });

const converter = (context: () => EventContext): ObjectConverter<CalendarEvent, EventPatch> => ({
  read: (text, request) => readEvent(text, request, context()),
  at: (text) => {
    const { book, home } = context();
    return eventEnd(text, book, home);
  },
  patch: (text, patch) => {
    const patched = patchEvent(text, patch, context());
    if (patched === undefined) throw noEvent();
    return patched;
  },
  make: (patch, name) => newEvent(patch, name, context()),
});

const attachmentOf = ({ name, contentType, content }: EventFile): Attachment => ({
  name,
  contentType,
  size: content.length,
  async *open() {
    yield content;
  },
});

/** Events out of VEVENTs. */
export const eventsOf = (objects: ObjectStore, options: UserOptions = {}): EventStore => {
  const context = userContext(options);
  return {
    ...itemsOf(objects, converter(context)),
    objects,
    find: (folder, uid, signal) => objects.find(folder, uid, signal),
    attachment: async (folder, id, reference, signal) => {
      for await (const read of objects.read(folder, [id], signal)) {
        const file = read.outcome === 'item' ? eventFile(read.text, reference) : undefined;
        if (file !== undefined) return attachmentOf(file);
      }
      throw new BackendError('notFound', { detail: 'no such file in the event' });
    },
    referenceOf: addedReference,
    removeInstance: (folder, id, instance, expected, first) =>
      editObject(objects, { folder, id, expected, first }, (text) => {
        const edited = removeInstance(text, instance, context());
        if (edited === undefined) throw noEvent();
        return edited;
      }),
  };
};
