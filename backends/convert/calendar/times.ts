import type { ContentLine, Parameter } from '../lines/content-lines.ts';
import { parameterValues } from '../lines/content-lines.ts';
import { localTime } from '../zones/local-time.ts';
import { type CalendarTime, parseTime } from './icalendar.ts';

/** Dates and times of iCalendar (RFC 5545 3.3.4, 3.3.5) as lines hold them. */

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/** `20260301` */
export const dateText = (wall: number): string => {
  const { year, month, day } = localTime(wall);
  return `${pad(year, 4)}${pad(month)}${pad(day)}`;
};

/** `20260301T120000` */
export const timeText = (wall: number): string => {
  const { hour, minute, second } = localTime(wall);
  return `${dateText(wall)}T${pad(hour)}${pad(minute)}${pad(second)}`;
};

/** The moment that a line says. */
export const timeOfLine = (line: ContentLine | undefined): CalendarTime | undefined =>
  line === undefined ? undefined : parseTime(line.value.trim(), parameterValues(line, 'TZID')[0]);

/** A moment as parameters and value of a line. */
export const timeParts = (time: CalendarTime): { parameters: readonly Parameter[]; value: string } => {
  if (time.isDate) return { parameters: [{ name: 'VALUE', values: ['DATE'] }], value: dateText(time.wall) };
  if (time.isUtc) return { parameters: [], value: `${timeText(time.wall)}Z` };
  const parameters = time.tzid === undefined ? [] : [{ name: 'TZID', values: [time.tzid] }];
  return { parameters, value: timeText(time.wall) };
};
