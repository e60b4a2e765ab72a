import { componentsOf, type LineComponent, linesOf, parameterValues } from '../lines/content-lines.ts';
import { MinuteMs } from '../zones/local-time.ts';
import { withoutAlarm, withTrigger } from './alarm-trigger.ts';
import type { EventField } from './event-field.ts';
import { spanOf } from './event-times.ts';
import type { EventZones } from './event-zones.ts';
import { durationMs } from './icalendar.ts';
import { timeOfLine } from './times.ts';

/**
 * Reminder ([MS-ASCAL] 2.2.2.38): the first VALARM that shows something before the event. Further ones,
 * and those that send mail or wait for a place, are left alone.
 */

/** Actions that show nothing: mail, and what Apple writes where a default alarm was taken away. */
const Silent: readonly string[] = ['EMAIL', 'NONE'];

/** Minutes before the begin at which an alarm rings; `undefined` for one that rings otherwise. */
const minutesOf = (alarm: LineComponent, event: LineComponent, zones: EventZones): number | undefined => {
  if (Silent.includes(linesOf(alarm, 'ACTION')[0]?.value.trim().toUpperCase() ?? '')) return undefined;
  if (linesOf(alarm, 'X-APPLE-PROXIMITY').length > 0) return undefined;
  const before = millisecondsBefore(alarm, event, zones);
  return before === undefined || before < 0 ? undefined : Math.round(before / MinuteMs);
};

const millisecondsBefore = (alarm: LineComponent, event: LineComponent, zones: EventZones): number | undefined => {
  const [trigger] = linesOf(alarm, 'TRIGGER');
  const span = spanOf(event, zones);
  if (trigger === undefined || span === undefined) return undefined;
  const duration = durationMs(trigger.value);
  if (duration !== undefined) {
    const isAtEnd = parameterValues(trigger, 'RELATED')[0]?.toUpperCase() === 'END';
    return 0 - duration - (isAtEnd ? span.length : 0);
  }
  const at = timeOfLine(trigger);
  // A fixed time means one occurrence of a series, which the others would repeat.
  return at === undefined || linesOf(event, 'RRULE').length > 0 ? undefined : span.startAt - zones.utc(at);
};

const alarmOf = (event: LineComponent, zones: EventZones): LineComponent | undefined =>
  componentsOf(event, 'VALARM').find((alarm) => minutesOf(alarm, event, zones) !== undefined);

export const reminder: EventField = {
  names: ['reminder'],
  read: (event, { zones }) => {
    const alarm = alarmOf(event, zones);
    return alarm === undefined ? {} : { reminder: minutesOf(alarm, event, zones) };
  },
  write: (event, { reminder: wanted }, _before, { zones }) => {
    const old = alarmOf(event, zones);
    if (typeof wanted !== 'number') return withoutAlarm(event, old);
    return withTrigger(event, old, { value: `-PT${wanted}M` }, 'Reminder');
  },
};
