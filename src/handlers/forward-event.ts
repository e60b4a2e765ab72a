import { isBackendError } from '../../backends/contract/errors.ts';
import type { ItemId } from '../../backends/contract/items.ts';
import type { MeetingMessage, MeetingOccurrence, MeetingPerson } from '../../backends/contract/meetings.ts';
import { can } from '../../protocol/versions.ts';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { readEvent } from '../meetings/calendars.ts';
import type { BodyText } from './body-text.ts';
import type { Context } from './context.ts';
import { send } from './sending.ts';
import { type Services, sendScope } from './services.ts';
import type { SmartSend } from './smart-send.ts';
import { itemNotFound, type SmartSource } from './smart-source.ts';

/** A forward, with what the server is to write where the device sent no message. */
export interface ForwardWish extends SmartSend {
  readonly written?: { readonly forwardees: readonly MeetingPerson[]; readonly text: BodyText | undefined };
}

/** An event in a calendar. */
interface EventItem {
  readonly folder: DeviceFolder;
  readonly id: ItemId;
}

/**
 * Forwards an event out of a calendar: a whole meeting, or one occurrence ([MS-ASCMD] 2.2.1.19, R537-R539, R6105).
 * Throws CommandFailure for an event that there is none of (MS-ASCMD_R4930).
 */
export const forwardEvent = async (
  services: Services,
  context: Context,
  item: EventItem,
  wish: ForwardWish,
): Promise<void> => {
  const { uploaded, clientId, saveInSentItems } = wish;
  const purpose = `forward ${item.folder.folder} ${item.id}`;
  const compose = async (seed: string) => ({ message: await composed(services, context, item, wish, seed) });
  await send(sendScope(services, context), { uploaded, clientId, purpose, saveInSentItems, compose });
};

const composed = async (
  { composer }: Services,
  context: Context,
  item: EventItem,
  { uploaded, replaceMime, written, source }: ForwardWish,
  seed: string,
): Promise<ByteSource> => {
  if (uploaded !== undefined && replaceMime) return uploaded;
  const people = written?.forwardees ?? [];
  const message = await messageOf(composer.meetings, context, { ...item, instance: source.instanceId }, people);
  if (uploaded === undefined) return composer.meetingMail(message, seed, written?.text);
  return composer.joinOriginal(uploaded, { header: new Uint8Array(0), parts: [composer.calendarPart(message)] }, seed);
};

const messageOf = async (
  meetings: Services['composer']['meetings'],
  context: Context,
  { folder, id, instance }: EventItem & { readonly instance: SmartSource['instanceId'] },
  forwardees: readonly MeetingPerson[],
): Promise<MeetingMessage> => {
  const { events } = context.backend;
  const stored = events === undefined ? undefined : await readEvent(events, folder.folder, id);
  if (stored === undefined) throw itemNotFound('The event to forward is not in the calendar');
  try {
    const message = meetings.forward(stored.text, forwardees, occurrenceOf(context, instance), context.clock.now());
    if (message !== undefined) return message;
  } catch (error) {
    if (!isBackendError(error, 'notFound')) throw error;
  }
  throw itemNotFound('The event to forward has no such occurrence');
};

const occurrenceOf = ({ version }: Context, instance: SmartSource['instanceId']): MeetingOccurrence | undefined => {
  if (instance === undefined) return undefined;
  const at = new Date(instance);
  if (Number.isNaN(at.getTime())) throw itemNotFound('The occurrence to forward has no date-time for a name');
  return { at, form: can(version, 'calendarInstances') ? 'days' : 'instants' };
};
