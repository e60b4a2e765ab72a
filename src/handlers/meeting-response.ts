import { isBackendError } from '../../backends/contract/errors.ts';
import type { MailStore } from '../../backends/contract/mail.ts';
import type { MeetingAnswer } from '../../backends/contract/meetings.ts';
import { MeetingResponseRequest, MeetingResponseResponse } from '../../protocol/commands/meeting-response.ts';
import { GlobalStatus, MeetingResponseStatus } from '../../protocol/status.ts';
import { can } from '../../protocol/versions.ts';
import type { DeviceFolder } from '../folders/hierarchy.ts';
import { findFolder, type HierarchyState, loadHierarchy } from '../folders/hierarchy-state.ts';
import { type GivenAnswer, loadAnswers, rememberAnswer, requestDigest } from '../meetings/answer-book.ts';
import { calendarsOf, meetingUser } from '../meetings/calendars.ts';
import { sendMeetingMail, serverSends } from '../meetings/desk.ts';
import { readMeetingMail } from '../meetings/mail-text.ts';
import {
  isAnswered,
  type Responded,
  type RespondScope,
  respondToEvent,
  respondToMail,
  type WantedAnswer,
} from '../meetings/respond.ts';
import { parseLongId } from '../search/long-id.ts';
import { type ItemReference, parseServerId, serverIdOf } from '../sync/server-id.ts';
import { bodyText } from './body-text.ts';
import { type Command, CommandFailure, type CommandRequest } from './command.ts';
import type { Answer, Context } from './context.ts';
import { meetingDesk, partitionOf, type Services } from './services.ts';
import { tellOthers } from './tell-others.ts';

/** Requests in one command at most ([MS-ASCMD] 3.1.5.10, R5650). */
const MaxRequests = 100;

/** Times that an answer is tried when another program changes the same event in the same moment. */
const Tries = 3;

type Request = MeetingResponseRequest['request'][number];
type Result = MeetingResponseResponse['result'][number];

/** MeetingResponse ([MS-ASCMD] 2.2.1.11). */
export const meetingResponseCommand = (
  services: Services,
): Command<MeetingResponseRequest, MeetingResponseResponse> => ({
  name: 'MeetingResponse',
  request: MeetingResponseRequest,
  response: MeetingResponseResponse,
  bodyOptional: false,
  needsPolicyKey: () => true,
  handle: (context, request) => respondAll(services, context, request),
  failure: (status) => ({ result: [{ status }] }),
});

const respondAll = (
  services: Services,
  context: Context,
  { body }: CommandRequest<MeetingResponseRequest>,
): Promise<Answer<MeetingResponseResponse>> => {
  const requests = body?.request ?? [];
  if (requests.length === 0 || requests.length > MaxRequests) {
    throw new CommandFailure(
      GlobalStatus.invalidXml,
      `A request has 1 to ${MaxRequests} answers, not ${requests.length}`,
    );
  }
  return services.locks.exclusively(partitionOf(context), async () => {
    const { state } = await loadHierarchy(context.state, partitionOf(context));
    const result: Result[] = [];
    for (const request of requests) result.push(await resultOf(services, context, state, request));
    return { kind: 'document', value: { result } };
  });
};

/** Failures of the server, which may be over when the device tries again. */
const statusOf = (error: unknown): number => {
  if (error instanceof CommandFailure) return error.status;
  if (isBackendError(error, 'notFound')) return MeetingResponseStatus.invalidMeetingRequest;
  if (!isBackendError(error) || isBackendError(error, 'unavailable', 'loginRefused')) throw error;
  return MeetingResponseStatus.mailboxError;
};

const resultOf = async (
  services: Services,
  context: Context,
  hierarchy: HierarchyState | undefined,
  request: Request,
): Promise<Result> => {
  // MS-ASCMD_R5374: what was not in the request is not in the answer. The schema has no room for an InstanceId of
  // another form than its own.
  const instanceId = InstanceForm.test(request.instanceId ?? '') ? request.instanceId : undefined;
  const names = { requestId: request.requestId, instanceId };
  try {
    const calendarId = await respondOnce(services, context, hierarchy, request);
    return { ...names, status: MeetingResponseStatus.success, calendarId };
  } catch (error) {
    return { ...names, status: statusOf(error) };
  }
};

const invalid = (message: string): CommandFailure =>
  new CommandFailure(MeetingResponseStatus.invalidMeetingRequest, message);

/** What is answered. */
interface Target extends ItemReference {
  readonly folder: DeviceFolder;
  readonly occurrence: Date | undefined;
}

const targetOf = (context: Context, hierarchy: HierarchyState | undefined, request: Request): Target => {
  const { longId, requestId, collectionId } = request;
  // MS-ASCMD_R7036: a LongId stands alone.
  if (longId !== undefined && requestId !== undefined) throw invalid('A LongId stands alone');
  const reference = longId === undefined ? parseServerId(requestId ?? '') : parseLongId(longId);
  const folder = reference === undefined ? undefined : findFolder(hierarchy, reference.collectionId);
  const isElsewhere = collectionId !== undefined && collectionId !== reference?.collectionId;
  if (reference === undefined || folder === undefined || isElsewhere) throw invalid('The device has no such item');
  const occurrence = occurrenceOf(context, request);
  if (folder.itemClass === 'Email' && occurrence !== undefined) throw invalid('A mail has no occurrences');
  const inCalendar = folder.itemClass === 'Calendar' && can(context.version, 'answersInCalendar');
  if (folder.itemClass !== 'Email' && !inCalendar) throw invalid('Nothing in this folder can be answered');
  return { ...reference, folder, occurrence };
};

const InstanceForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** InstanceId ([MS-ASCMD] 2.2.3.92.1): in another form it is Status 104 (MS-ASCMD_R3195). */
const occurrenceOf = ({ version }: Context, { instanceId }: Request): Date | undefined => {
  if (instanceId === undefined) return undefined;
  if (!can(version, 'answersInCalendar')) throw invalid('This version knows no InstanceId');
  if (instanceId.trim() === '') throw invalid('The InstanceId is empty');
  const at = new Date(InstanceForm.test(instanceId) ? instanceId : Number.NaN);
  if (Number.isNaN(at.getTime())) {
    throw new CommandFailure(GlobalStatus.invalidDateTime, 'The InstanceId is no date-time');
  }
  return at;
};

const Statuses: Readonly<Record<number, MeetingAnswer['status']>> = { 1: 'accepted', 2: 'tentative', 3: 'declined' };

const answerOf = (context: Context, { userResponse, sendResponse }: Request, { occurrence }: Target): MeetingAnswer => {
  const status = Statuses[userResponse];
  if (status === undefined) throw invalid(`There is no UserResponse ${userResponse}`);
  const { proposedStartTime: start, proposedEndTime: end, body } = sendResponse ?? {};
  if ((start === undefined) !== (end === undefined)) throw invalid('A proposed time has a begin and an end');
  const form = can(context.version, 'calendarInstances') ? ('days' as const) : ('instants' as const);
  const isProposed = start !== undefined && end !== undefined && can(context.version, 'proposesTimes');
  return {
    status,
    occurrence: occurrence === undefined ? undefined : { at: occurrence, form },
    proposal: isProposed ? { start, end } : undefined,
    comment: body === undefined ? undefined : bodyText(body),
    now: context.clock.now(),
  };
};

/** A mail is answered once; a meeting in the calendar again, when its organizer has asked anew meanwhile. */
const isRepeat = async (
  { composer: { meetings } }: Services,
  { account, backend: { events } }: Context,
  { folder, itemId }: Target,
  answer: MeetingAnswer,
): Promise<boolean> => {
  const scope = { meetings, user: meetingUser(account), events };
  return folder.itemClass === 'Email' || isAnswered(scope, folder.folder, itemId, answer);
};

/** Answers once, however often the request is repeated; gives the CalendarId. */
const respondOnce = async (
  services: Services,
  context: Context,
  hierarchy: HierarchyState | undefined,
  request: Request,
): Promise<string | undefined> => {
  const partition = partitionOf(context);
  const target = targetOf(context, hierarchy, request);
  const answer = answerOf(context, request, target);
  const key = `${serverIdOf(target.collectionId, target.itemId)} ${target.occurrence?.toISOString() ?? ''}`;
  const last = (await loadAnswers(context.state, partition))[key];
  const digest = requestDigest(request);
  if (last?.request === digest && last.done && (await isRepeat(services, context, target, answer)))
    return last.calendarId;
  const earlier = last === undefined ? 0 : last.earlier + (last.request === digest && !last.done ? 0 : 1);
  const given: GivenAnswer = { at: context.clock.now(), request: digest, earlier, done: false };
  const note = (entry: GivenAnswer): Promise<void> => rememberAnswer(context.state, partition, key, entry);
  const { event, touched, toldUid } = await respond(services, context, hierarchy, target, {
    answer,
    tell: request.sendResponse !== undefined && can(context.version, 'serverMailsMeetings'),
    name: requestDigest([partition, key, digest, earlier]),
    toldUid: last?.request === digest && !last.done ? last.toldUid : undefined,
    begin: (uid) => note({ ...given, toldUid: uid }),
  });
  if (touched !== undefined) tellOthers(services, context, [touched]);
  const calendarId = event === undefined ? undefined : serverIdOf(event.folder.collectionId, event.id);
  await note({ ...given, done: true, calendarId, toldUid });
  if (target.folder.itemClass === 'Email') await putAway(services, context, target);
  return calendarId;
};

const respond = async (
  services: Services,
  context: Context,
  hierarchy: HierarchyState | undefined,
  target: Target,
  wanted: WantedAnswer,
): Promise<Responded> => {
  const { backend, account } = context;
  const scope: RespondScope = {
    meetings: services.composer.meetings,
    user: meetingUser(account),
    events: backend.events,
    calendars: calendarsOf(hierarchy?.current ?? []),
    serverSends: (folder) => serverSends(context, folder),
    send: (message) => sendMeetingMail(meetingDesk(services, context), message, wanted.name),
  };
  for (let attempt = 1; ; attempt++) {
    try {
      if (target.folder.itemClass === 'Calendar')
        return await respondToEvent(scope, target.folder, target.itemId, wanted);
      return await respondToMail(scope, await mailOf(services, context, backend.mail, target), wanted);
    } catch (error) {
      if (attempt >= Tries || !isBackendError(error, 'conflict')) throw error;
    }
  }
};

const mailOf = async ({ composer }: Services, { signal }: Context, mail: MailStore | undefined, target: Target) =>
  mail === undefined
    ? undefined
    : readMeetingMail(mail, composer, { folder: target.folder.folder, id: target.itemId }, signal);

/** An answered invitation goes to the deleted mail, as Exchange has it. That it cannot must not undo the answer. */
const putAway = async (services: Services, context: Context, { folder, itemId }: Target): Promise<void> => {
  try {
    await context.backend.mail?.remove(folder.folder, [itemId], 'trash');
    tellOthers(services, context, [folder.folder]);
  } catch (error) {
    const facts = { account: context.account.name, error: String(error) };
    context.log.warn(facts, 'An answered invitation could not be put into the Trash');
  }
};
