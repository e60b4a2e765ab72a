import { Tasks } from '../code-pages/index.ts';
import {
  boolean,
  container,
  dateTime,
  type Infer,
  type InferFields,
  integer,
  list,
  optional,
  text,
} from '../schema/describe.ts';
import { Body } from './air-sync-base.ts';

/** How a task repeats ([MS-ASTASK] 2.2.2.20). `regenerate`: the next one begins when this one is done. */
export const TaskRecurrence = container(Tasks.Recurrence, {
  type: integer(Tasks.Type),
  start: optional(dateTime(Tasks.Start)),
  until: optional(dateTime(Tasks.Until)),
  occurrences: optional(integer(Tasks.Occurrences)),
  interval: optional(integer(Tasks.Interval)),
  dayOfMonth: optional(integer(Tasks.DayOfMonth)),
  dayOfWeek: optional(integer(Tasks.DayOfWeek)),
  weekOfMonth: optional(integer(Tasks.WeekOfMonth)),
  monthOfYear: optional(integer(Tasks.MonthOfYear)),
  regenerate: optional(boolean(Tasks.Regenerate)),
  deadOccur: optional(boolean(Tasks.DeadOccur)),
  calendarType: optional(integer(Tasks.CalendarType)),
  isLeapMonth: optional(boolean(Tasks.IsLeapMonth)),
  firstDayOfWeek: optional(integer(Tasks.FirstDayOfWeek)),
});
export type TaskRecurrence = Infer<typeof TaskRecurrence>;

/**
 * ApplicationData of a task, in both directions ([MS-ASTASK] 2.2.2). The dates without `utc` are the
 * user's local time written as if it were UTC ([MS-ASTASK] 2.2.2.12).
 */
export const TaskFields = {
  body: optional(Body),
  categories: optional(list(Tasks.Categories, text(Tasks.Category))),
  complete: optional(boolean(Tasks.Complete)),
  dateCompleted: optional(dateTime(Tasks.DateCompleted)),
  dueDate: optional(dateTime(Tasks.DueDate)),
  utcDueDate: optional(dateTime(Tasks.UtcDueDate)),
  importance: optional(integer(Tasks.Importance)),
  recurrence: optional(TaskRecurrence),
  reminderSet: optional(boolean(Tasks.ReminderSet)),
  reminderTime: optional(dateTime(Tasks.ReminderTime)),
  sensitivity: optional(integer(Tasks.Sensitivity)),
  startDate: optional(dateTime(Tasks.StartDate)),
  utcStartDate: optional(dateTime(Tasks.UtcStartDate)),
  subject: optional(text(Tasks.Subject)),
  ordinalDate: optional(dateTime(Tasks.OrdinalDate)),
  subOrdinalDate: optional(text(Tasks.SubOrdinalDate)),
};

/** A task as it stands in ApplicationData. Everything is optional: a Change holds what the device manages. */
export type Task = InferFields<typeof TaskFields>;
