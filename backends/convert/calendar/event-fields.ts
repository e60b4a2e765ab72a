import { BusyStatus, MeetingStatus } from '../../../protocol/classes/event.ts';
import { type LineComponent, linesOf, replaceLines } from '../lines/content-lines.ts';
import { firstLine, list, put, single } from '../lines/fields.ts';
import { attachments } from './event-attachments.ts';
import { body } from './event-body.ts';
import type { EventField } from './event-field.ts';
import { location } from './event-location.ts';
import { attendees, meetingBits, organizer, response, responseRequested } from './event-people.ts';
import { reminder } from './event-reminder.ts';
import { secrecyOf, sensitivityOf } from './secrecy.ts';
import { timeOfLine } from './times.ts';

/** How the elements that an event and its occurrences have stand in a VEVENT; times and recurrence are elsewhere. */

const summary = single('SUMMARY');
const labels = list('CATEGORIES');

/** Category elements of an event ([MS-ASCAL] 2.2.2.12). */
const MaxCategories = 300;

const subject: EventField = {
  names: ['subject'],
  read: (event) => ({ subject: summary.read(event) }),
  write: (event, wanted) => summary.write(event, wanted.subject || undefined),
};

const categories: EventField = {
  names: ['categories'],
  read: (event) => ({ categories: labels.read(event)?.slice(0, MaxCategories) }),
  same: (wanted, before) => (wanted.categories ?? []).join('\n') === (before.categories ?? []).join('\n'),
  write: (event, wanted, before) => {
    // What was too much to be shown stays.
    const hidden = labels.read(event)?.slice(before.categories?.length ?? 0) ?? [];
    return labels.write(event, [...(wanted.categories ?? []), ...hidden]);
  },
};

const word = (event: LineComponent, name: string): string | undefined => {
  const value = firstLine(event, [name])?.value.trim().toUpperCase();
  return value === '' ? undefined : value;
};

const setWord = (event: LineComponent, name: string, value: string | undefined): LineComponent =>
  value === undefined
    ? replaceLines(event, linesOf(event, name), [])
    : put(event, firstLine(event, [name]), name, value);

const sensitivity: EventField = {
  names: ['sensitivity'],
  read: (event) => ({ sensitivity: sensitivityOf(word(event, 'CLASS')) }),
  write: (event, wanted) => setWord(event, 'CLASS', secrecyOf(wanted.sensitivity)),
};

/** Outlook's own property, which says more than TRANSP can. */
const OutlookBusy = 'X-MICROSOFT-CDO-BUSYSTATUS';
const BusyWords: Readonly<Record<string, number>> = {
  FREE: BusyStatus.free,
  TENTATIVE: BusyStatus.tentative,
  BUSY: BusyStatus.busy,
  OOF: BusyStatus.outOfOffice,
  WORKINGELSEWHERE: BusyStatus.workingElsewhere,
};

const busyStatusOf = (event: LineComponent): number => {
  const told = BusyWords[word(event, OutlookBusy) ?? ''];
  if (told !== undefined) return told;
  if (word(event, 'TRANSP') === 'TRANSPARENT') return BusyStatus.free;
  return word(event, 'STATUS') === 'TENTATIVE' ? BusyStatus.tentative : BusyStatus.busy;
};

const busyStatus: EventField = {
  names: ['busyStatus'],
  // Who works elsewhere is free to versions that do not know it (MS-ASCAL_R2235).
  read: (event, { request }) => {
    const status = busyStatusOf(event);
    const isUnknown = status === BusyStatus.workingElsewhere && request.form === 'instants';
    return { busyStatus: isUnknown ? BusyStatus.free : status };
  },
  write: (event, { busyStatus: wanted = BusyStatus.busy }) => {
    const isFree = wanted === BusyStatus.free || wanted === BusyStatus.workingElsewhere;
    const isShown = word(event, 'TRANSP') !== undefined || isFree;
    const shown = isShown ? setWord(event, 'TRANSP', isFree ? 'TRANSPARENT' : 'OPAQUE') : event;
    if (busyStatusOf(shown) === wanted) return shown;
    return setWord(shown, OutlookBusy, Object.keys(BusyWords).find((one) => BusyWords[one] === wanted) ?? 'BUSY');
  },
};

/** Cancelled or not is all of MeetingStatus that can be changed; the rest follows from the people. */
const cancellation: EventField = {
  names: ['meetingStatus'],
  read: (event, { context }) => {
    const bits = meetingBits(event, context.me);
    // An appointment, which nobody was invited to, has no such state (MS-ASCAL_R309).
    const isCancelled = bits !== 0 && word(event, 'STATUS') === 'CANCELLED';
    return { meetingStatus: isCancelled ? bits | MeetingStatus.canceled : bits };
  },
  same: (wanted, before) =>
    ((wanted.meetingStatus ?? 0) & MeetingStatus.canceled) === ((before.meetingStatus ?? 0) & MeetingStatus.canceled),
  write: (event, { meetingStatus = 0 }) =>
    setWord(event, 'STATUS', (meetingStatus & MeetingStatus.canceled) !== 0 ? 'CANCELLED' : undefined),
};

const NoCounter = 'X-MICROSOFT-DISALLOW-COUNTER';

/** Default is that times may be proposed ([MS-ASCAL] 2.2.2.17). */
const proposals: EventField = {
  names: ['disallowNewTimeProposal'],
  read: (event) => ({ disallowNewTimeProposal: word(event, NoCounter) === 'TRUE' }),
  same: (wanted, before) => (wanted.disallowNewTimeProposal ?? false) === before.disallowNewTimeProposal,
  write: (event, wanted) => setWord(event, NoCounter, wanted.disallowNewTimeProposal === true ? 'TRUE' : undefined),
};

/** Where programs keep the address of an online meeting. */
const ConferenceNames: [string, ...string[]] = [
  'X-MICROSOFT-ONLINEMEETINGEXTERNALLINK',
  'X-MICROSOFT-SKYPETEAMSMEETINGURL',
  'X-GOOGLE-CONFERENCE',
  'CONFERENCE',
];
const conference = single(...ConferenceNames);
const conferenceId = single('X-MICROSOFT-ONLINEMEETINGCONFLINK');

/** Devices are told these ([MS-ASCAL] 2.2.2.33, 2.2.2.34). */
const onlineMeeting: EventField = {
  names: ['onlineMeetingConfLink', 'onlineMeetingExternalLink'],
  read: (event) => ({
    onlineMeetingConfLink: conferenceId.read(event),
    onlineMeetingExternalLink: conference.read(event),
  }),
};

/** When it was made or changed ([MS-ASCAL] 2.2.2.18). */
const stamp: EventField = {
  names: ['dtStamp'],
  read: (event, { zones }) => {
    const lines = ['DTSTAMP', 'LAST-MODIFIED', 'CREATED'].flatMap((name) => linesOf(event, name));
    const time = lines.map(timeOfLine).find((found) => found !== undefined);
    return { dtStamp: time === undefined ? undefined : new Date(zones.utc({ ...time, isUtc: true })) };
  },
};

/** Of events and occurrences alike. */
export const commonFields: readonly EventField[] = [
  subject,
  location,
  sensitivity,
  busyStatus,
  reminder,
  categories,
  body,
  attendees,
  cancellation,
  response,
  onlineMeeting,
  stamp,
  attachments,
];

/** Of events alone. */
export const masterFields: readonly EventField[] = [organizer, responseRequested, proposals];
