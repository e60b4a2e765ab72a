import type { MeetingMethod } from '../../contract/meetings.ts';
import { type LineComponent, linesOf } from '../lines/content-lines.ts';
import { unescapeText } from '../lines/text-values.ts';
import { DayMs, MinuteMs } from '../zones/local-time.ts';
import { textOfEvent } from './event-body.ts';
import type { EventSource } from './event-source.ts';
import { spanOf } from './event-times.ts';
import { wallAt } from './event-zones.ts';
import { dateText, timeText } from './times.ts';

/** What messages about meetings say to people. */

const SubjectWords: Readonly<Record<MeetingMethod, string>> = {
  REQUEST: '',
  CANCEL: 'Canceled: ',
  REPLY: 'Accepted: ',
  COUNTER: 'New Time Proposed: ',
};

export const summaryOf = (event: LineComponent): string =>
  unescapeText(linesOf(event, 'SUMMARY')[0]?.value ?? '').trim();

/** The subject of a message; `word` stands before it instead of the method's own. */
export const subjectOf = (event: LineComponent, method: MeetingMethod, word = SubjectWords[method]): string =>
  `${word}${summaryOf(event)}`;

const dayShown = (wall: number): string => dateText(wall).replace(/^(....)(..)(..)$/, '$1-$2-$3');

const timeShown = (wall: number): string => timeText(wall).replace(/^.*T(..)(..)..$/, '$1:$2');

/** `2026-11-24 10:00 - 11:00 (Europe/Berlin)` */
const whenOf = (event: LineComponent, { zones }: EventSource): string => {
  const span = spanOf(event, zones);
  if (span === undefined) return '';
  const { start, allDay, length, zone, startAt } = span;
  const last = start.wall + Math.max(DayMs, length) - DayMs;
  if (allDay) return last > start.wall ? `${dayShown(start.wall)} - ${dayShown(last)}` : dayShown(start.wall);
  const end = wallAt(zone.clock, startAt + length);
  const until = dayShown(end) === dayShown(start.wall) ? timeShown(end) : `${dayShown(end)} ${timeShown(end)}`;
  const name = zone.iana ?? zone.tzid ?? `UTC${offset(zone.clock.offsetAt(startAt))}`;
  return `${dayShown(start.wall)} ${timeShown(start.wall)} - ${until} (${name === 'Etc/UTC' ? 'UTC' : name})`;
};

const offset = (minutes: number): string => {
  const sign = minutes < 0 ? '-' : '+';
  return `${sign}${timeShown(Math.abs(minutes) * MinuteMs)}`;
};

/** The text of a message: what the sender says, what it is, when and where, and what it is about. */
export const textOf = (event: LineComponent, source: EventSource, comment = ''): string => {
  const where = unescapeText(linesOf(event, 'LOCATION')[0]?.value ?? '').trim();
  const repeats = linesOf(event, 'RRULE').length > 0 ? ', repeats' : '';
  const facts = [summaryOf(event), `When: ${whenOf(event, source)}${repeats}`, where === '' ? '' : `Where: ${where}`];
  const about = (textOfEvent(event).plain ?? '').trim();
  return [comment.trim(), facts.filter((line) => line !== '').join('\n'), about]
    .filter((block) => block !== '')
    .join('\n\n');
};
