import type { Task } from '../../../protocol/classes/task.ts';
import { readCalendar } from '../calendar/icalendar.ts';
import { timeText } from '../calendar/times.ts';
import {
  componentsOf,
  type LineComponent,
  lineEndIn,
  linesOf,
  makeComponent,
  makeLine,
  readComponent,
  replaceComponent,
  replaceLines,
  writeComponent,
} from '../lines/content-lines.ts';
import { single } from '../lines/fields.ts';
import { escapeText } from '../lines/text-values.ts';
import { CalendarZones } from '../zones/calendar-zones.ts';
import type { ZoneClock } from '../zones/iana.ts';
import type { TaskField, TaskPart, ZoneRules } from './field.ts';
import { taskFields } from './fields.ts';

/** Tasks as VTODO (RFC 5545 3.6.2) and back. */

/** A task without its body, and its text. */
export interface TodoTask {
  readonly task: Task;
  readonly text: string;
}

/** A change of a task; all else stays byte for byte. */
export interface TodoPatch {
  readonly set: Task;
  readonly cleared: readonly (keyof Task)[];
  /** `null` takes the text away, `undefined` leaves it. */
  readonly text?: string | null | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const Text = single('DESCRIPTION');

interface Found {
  readonly calendar: LineComponent;
  readonly todo: LineComponent;
  readonly rules: ZoneRules;
}

const todoOf = (text: string, home: ZoneClock): Found | undefined => {
  const calendar = readComponent(text);
  const todos = calendar === undefined ? [] : componentsOf(calendar, 'VTODO');
  // A series may come with exceptions; it is the one without RECURRENCE-ID.
  const todo = todos.find((one) => linesOf(one, 'RECURRENCE-ID').length === 0) ?? todos[0];
  if (calendar === undefined || todo === undefined) return undefined;
  const parsed = readCalendar(text);
  const zones = new CalendarZones(parsed ?? { name: 'vcalendar', properties: [], components: [] });
  return {
    calendar,
    todo,
    rules: { home, clockOf: (time) => (time.tzid === undefined ? home : zones.zone(time.tzid).clock) },
  };
};

/**
 * Reads a VTODO; `undefined`: the text has none.
 *
 * @param home the zone of the user, for days and for times without a zone
 */
export const readTodo = (text: string, home: ZoneClock): TodoTask | undefined => {
  const found = todoOf(text, home);
  return found === undefined ? undefined : { task: taskOf(found), text: Text.read(found.todo) ?? '' };
};

const taskOf = ({ todo, rules }: Found): Task => Object.assign({}, ...taskFields.map(({ read }) => read(todo, rules)));

/** Seconds since 1970 at which a task is over for filters: done ones are, the others never ([MS-ASCMD] 2.2.3.68.2, 8). */
export const todoEnd = (text: string, home: ZoneClock): number =>
  readTodo(text, home)?.task.complete === true ? 0 : Number.POSITIVE_INFINITY;

/** Applies a patch; the same text where it changes nothing. `undefined`: the text has no task. */
export const patchTodo = (text: string, patch: TodoPatch, home: ZoneClock): string | undefined => {
  const found = todoOf(text, home);
  if (found === undefined) return undefined;
  const { calendar, todo, rules } = found;
  const edited = withText(
    taskFields.reduce((result, field) => withField(result, field, patch, rules), todo),
    patch,
  );
  return edited === todo ? text : writeComponent(replaceComponent(calendar, todo, stamped(edited, patch.now)));
};

/** A field that says what is there already changes nothing. */
const withField = (
  todo: LineComponent,
  field: TaskField,
  { set, cleared, now }: TodoPatch,
  rules: ZoneRules,
): LineComponent => {
  const before = field.read(todo, rules);
  const touched = field.names.filter((name) => set[name] !== undefined || cleared.includes(name));
  if (touched.length === 0) return todo;
  const wanted: TaskPart = { ...before, ...Object.fromEntries(touched.map((name) => [name, set[name]])) };
  const isSame = field.same?.(wanted, before) ?? touched.every((name) => isEqual(before[name], wanted[name]));
  return isSame ? todo : field.write(todo, wanted, before, { rules, now });
};

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

const withText = (todo: LineComponent, { text }: TodoPatch): LineComponent =>
  text === undefined || (text ?? '') === (Text.read(todo) ?? '') ? todo : Text.write(todo, text || undefined);

const stamped = (todo: LineComponent, now: number): LineComponent =>
  replaceLines(todo, linesOf(todo, 'LAST-MODIFIED'), [
    makeLine({ name: 'LAST-MODIFIED', value: `${timeText(now)}Z` }, lineEndIn(todo)),
  ]);

/** A new VTODO in a calendar of its own. */
export const newTodo = (patch: TodoPatch, uid: string, home: ZoneClock): string => {
  const stamp = `${timeText(patch.now)}Z`;
  const lines = [
    { name: 'UID', value: escapeText(uid) },
    { name: 'DTSTAMP', value: stamp },
    { name: 'CREATED', value: stamp },
  ];
  const todo = makeComponent(
    'VTODO',
    lines.map((line) => makeLine(line)),
  );
  const head = [makeLine({ name: 'VERSION', value: '2.0' }), makeLine({ name: 'PRODID', value: '-//Postrider//EN' })];
  const text = writeComponent(makeComponent('VCALENDAR', [...head, todo]));
  return patchTodo(text, patch, home) ?? text;
};
