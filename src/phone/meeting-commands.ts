import type { MeetingResponseRequest, MeetingResponseResponse } from '../../protocol/commands/meeting-response.ts';
import { type CallOptions, notEmpty } from './channel.ts';
import type { Device } from './device.ts';

import { StatusFailure } from './failures.ts';

/** One answer to a meeting ([MS-ASCMD] 2.2.3.150.2). */
export type MeetingAnswerRequest = MeetingResponseRequest['request'][number];

/** What the server says to it. */
export type MeetingAnswerResult = MeetingResponseResponse['result'][number];

/** What a user can answer, and its UserResponse ([MS-ASCMD] 2.2.3.194). */
export const UserResponses = { accept: 1, maybe: 2, decline: 3 } as const;
export type UserResponse = keyof typeof UserResponses;

/** Answers meetings; one result each. */
export const answerMeetings = async (
  device: Device,
  request: readonly MeetingAnswerRequest[],
  call: CallOptions = {},
): Promise<readonly MeetingAnswerResult[]> =>
  notEmpty('MeetingResponse', await device.command('MeetingResponse', { request: [...request] }, call)).result;

/** Answers a meeting; gives the ServerId of the event in the calendar, if it is there. Throws StatusFailure. */
export const answerMeeting = async (
  device: Device,
  request: MeetingAnswerRequest,
  call: CallOptions = {},
): Promise<string | undefined> => {
  const [result] = await answerMeetings(device, [request], call);
  if (result?.status !== 1) throw new StatusFailure('MeetingResponse', result?.status ?? 0);
  return result.calendarId;
};
