import type { Task } from '../../../protocol/classes/task.ts';
import type { CalendarTime } from '../calendar/icalendar.ts';
import type { LineComponent } from '../lines/content-lines.ts';
import type { ZoneClock } from '../zones/iana.ts';
import { MinuteMs } from '../zones/local-time.ts';
import { utcOfLocal } from '../zones/time-zone.ts';

/** What a field of a task is, and the zones in which its times are meant. */

/** Elements of a task. */
export type TaskPart = { -readonly [K in keyof Task]?: Task[K] };

/** Zones of times. */
export interface ZoneRules {
  /** The user's. */
  readonly home: ZoneClock;
  /** The zone in which a time is written. */
  clockOf(time: CalendarTime): ZoneClock;
}

/** What a field is written with. */
export interface WriteScope {
  readonly rules: ZoneRules;
  readonly now: number;
}

/** One or several elements, as they stand in a VTODO. */
export interface TaskField {
  readonly names: readonly (keyof Task)[];
  read(todo: LineComponent, rules: ZoneRules): TaskPart;
  /** Whether a device's values say what is there; equal values do, unless told. */
  same?(wanted: TaskPart, before: TaskPart): boolean;
  write(todo: LineComponent, wanted: TaskPart, before: TaskPart, scope: WriteScope): LineComponent;
}

/** Milliseconds since 1970 of a time. */
export const instantOf = (time: CalendarTime, rules: ZoneRules): number =>
  time.isUtc ? time.wall : utcOfLocal(rules.clockOf(time), time.wall);

/** What the user's clock shows at a moment, as milliseconds. */
export const wallOf = (instant: number, clock: ZoneClock): number => instant + clock.offsetAt(instant) * MinuteMs;
