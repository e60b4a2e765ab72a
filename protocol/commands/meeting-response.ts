import { Body } from '../classes/air-sync-base.ts';
import { MeetingResponse, Search } from '../code-pages/index.ts';
import { compactDateTime, container, type Infer, integer, many, optional, text } from '../schema/describe.ts';

/** The mail with which the server tells the organiser ([MS-ASCMD] 2.2.3.163). */
const SendResponse = container(MeetingResponse.SendResponse, {
  body: optional(Body),
  proposedStartTime: optional(compactDateTime(MeetingResponse.ProposedStartTime)),
  proposedEndTime: optional(compactDateTime(MeetingResponse.ProposedEndTime)),
});

/** A MeetingResponse request ([MS-ASCMD] 2.2.1.11). `userResponse` is 1 accepted, 2 tentative, 3 declined. */
export const MeetingResponseRequest = container(MeetingResponse.MeetingResponse, {
  request: many(
    container(MeetingResponse.Request, {
      userResponse: integer(MeetingResponse.UserResponse),
      collectionId: optional(text(MeetingResponse.CollectionId)),
      requestId: optional(text(MeetingResponse.RequestId)),
      longId: optional(text(Search.LongId)),
      /** As it came: another form than that of a date-time is a Status of its own (MS-ASCMD_R3195). */
      instanceId: optional(text(MeetingResponse.InstanceId)),
      sendResponse: optional(SendResponse),
    }),
  ),
});
export type MeetingResponseRequest = Infer<typeof MeetingResponseRequest>;

/** A MeetingResponse response: one `result` a request. */
export const MeetingResponseResponse = container(MeetingResponse.MeetingResponse, {
  result: many(
    container(MeetingResponse.Result, {
      requestId: optional(text(MeetingResponse.RequestId)),
      status: integer(MeetingResponse.Status),
      calendarId: optional(text(MeetingResponse.CalendarId)),
      instanceId: optional(text(MeetingResponse.InstanceId)),
    }),
  ),
});
export type MeetingResponseResponse = Infer<typeof MeetingResponseResponse>;
