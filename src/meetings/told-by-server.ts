import type { MeetingFacts } from '../../backends/contract/meetings.ts';
import type { ByteSource } from '../../protocol/wbxml/bytes.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { loadHierarchy } from '../folders/hierarchy-state.ts';
import { loadAnswers } from './answer-book.ts';
import { calendarsOf, findEvent, meetingUser } from './calendars.ts';
import { type MeetingDesk, serverSends } from './desk.ts';

/** Bytes of a message about a meeting at most; of a larger one nobody needs to look at. */
const MaxMessage = 2 * 1_048_576;

/**
 * To whom a mail of a device still has to go. Devices up to 14.1 mail all about their meetings themselves; what the
 * calendar's own server tells the same people (RFC 6638) must not go out as well. `undefined`: to all of its recipients.
 * Costs nothing where no server of the account sends.
 */
export const stillToTell = async (desk: MeetingDesk, message: ByteSource): Promise<readonly string[] | undefined> => {
  const { context, composer } = desk;
  if (context.backend.scheduling === undefined || message.length > MaxMessage) return undefined;
  const calendar = composer.meetingIn(message);
  const facts = calendar === undefined ? undefined : composer.meetings.facts(calendar);
  if (facts?.method === undefined || facts.method === 'COUNTER') return undefined;
  const { recipients } = composer.read(message);
  return facts.method === 'REPLY' ? afterAnswer(desk, facts, recipients) : afterChange(desk, facts, recipients);
};

const calendars = async ({ context, partition }: MeetingDesk): Promise<readonly DeviceFolder[]> =>
  calendarsOf((await loadHierarchy(context.state, partition)).state?.current ?? []);

/** The event that a message is about, if its server sends; `undefined`: it does not, or there is none. */
const sentEvent = async (desk: MeetingDesk, { uid }: MeetingFacts): Promise<string | undefined> => {
  const { context } = desk;
  const { events } = context.backend;
  const found = events === undefined ? undefined : await findEvent(events, await calendars(desk), uid);
  return found !== undefined && (await serverSends(context, found.folder.folder)) ? found.text : undefined;
};

/** Those whom the server could not tell. */
const missed = ({ composer }: MeetingDesk, event: string, recipients: readonly string[]): readonly string[] => {
  const open = new Set(composer.meetings.undelivered(event));
  return recipients.filter((one) => open.has(one.toLowerCase()));
};

/** An invitation or a cancellation of a meeting of the user's own, to nobody but its people. */
const afterChange = async (
  desk: MeetingDesk,
  facts: MeetingFacts,
  recipients: readonly string[],
): Promise<readonly string[] | undefined> => {
  const { context } = desk;
  const own = meetingUser(context.account).addresses;
  const people = new Set([...facts.attendees, ...own]);
  const isOwn = facts.organizer !== undefined && own.includes(facts.organizer);
  if (!isOwn || !recipients.every((one) => people.has(one.toLowerCase()))) return undefined;
  const event = await sentEvent(desk, facts);
  if (event !== undefined) return missed(desk, event, recipients);
  // It is gone, or comes later.
  const [main] = await calendars(desk);
  return main !== undefined && (await serverSends(context, main.folder)) ? [] : undefined;
};

/** An answer: the server tells of it when the event changes, or told of it when MeetingResponse took it away. */
const afterAnswer = async (
  desk: MeetingDesk,
  facts: MeetingFacts,
  recipients: readonly string[],
): Promise<readonly string[] | undefined> => {
  const answers = Object.values(await loadAnswers(desk.context.state, desk.partition));
  const event = await sentEvent(desk, facts);
  if (event !== undefined) return missed(desk, event, recipients);
  return answers.some(({ toldUid }) => toldUid === facts.uid) ? [] : undefined;
};
