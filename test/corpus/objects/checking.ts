import { MeetingStatus } from '../../../protocol/classes/event.ts';
import type { GroupwareItem } from '../../../src/sync/groupware-port.ts';
import type { ObjectDevice } from './device.ts';
import { type Edit, Edits } from './edits.ts';
import type { CorpusObject } from './objects.ts';

/** What must hold of an object that a device was told and sends back. Failures are told in words. */

/** Lines of a text as they stand, with their folds. */
const linesOf = (text: string): string[] => text.match(/[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*(?:\r?\n|$)/g) ?? [];

const propertyOf = (line: string): string => (/^(?:[\w-]+\.)?([\w-]+)/.exec(line)?.[1] ?? '').toUpperCase();

/** What a change leaves behind by itself. */
const Stamps = /^(LAST-MODIFIED|SEQUENCE)$/;

/** The lines of a text which an edit may not touch, and those that it may. */
const sorted = (text: string, properties: RegExp): { kept: string; touched: string[] } => {
  const lines = linesOf(text).filter((line) => !Stamps.test(propertyOf(line)));
  const isTouched = (line: string): boolean => properties.test(propertyOf(line));
  return { kept: lines.filter((line) => !isTouched(line)).join(''), touched: lines.filter(isTouched) };
};

const without = (lines: readonly string[], others: readonly string[]): string[] => {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
};

/** What an edit changed beyond its properties. */
const damage = (before: string, after: string, { properties, lines = 1 }: Edit): string | undefined => {
  const [old, fresh] = [sorted(before, properties), sorted(after, properties)];
  if (old.kept !== fresh.kept) return `it changed more than its properties:\n${after}`;
  const changed = [without(old.touched, fresh.touched), without(fresh.touched, old.touched)];
  // Exceptions that have what the series has follow it.
  const most = lines * Math.max(1, before.match(/^BEGIN:VEVENT/gm)?.length ?? 1);
  return changed.some(({ length }) => length > most)
    ? `it changed several lines: ${JSON.stringify(changed)}`
    : undefined;
};

/** Elements that change with every edit. */
const Stamped = ['dtStamp', 'lastModifiedDate'];

const json = (value: unknown): string => JSON.stringify(value ?? null);

const isNothing = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || ['{}', '[]', '""'].includes(json(value));

/** An element for comparison: of a body its text, and what is empty is not there. */
const comparable = (name: string, value: unknown): string => {
  const data = name === 'body' ? (value as { data?: unknown } | undefined)?.data : value;
  return json(typeof data === 'string' ? data.replaceAll('\r\n', '\n') || null : isNothing(data) ? null : data);
};

/** Elements that an occurrence does not have of its series. */
const SeriesOnly = [
  'exceptions',
  'recurrence',
  'timezone',
  'uid',
  'organizerName',
  'organizerEmail',
  'startTime',
  'endTime',
];

type Items = readonly GroupwareItem[] | undefined;

/** What a device shows of each exception: of what it does not say that of the series ([MS-ASCAL] 2.2.2.21). */
const shownExceptions = (item: GroupwareItem, isRendered: boolean): Record<string, string>[] | undefined =>
  (item.exceptions as Items)?.map((exception) => {
    if (exception.deleted === true) return { id: json(exception.exceptionStartTime ?? exception.instanceId) };
    const inherited = Object.entries(item).filter(([name]) => !SeriesOnly.includes(name) && !Stamped.includes(name));
    const own = Object.entries(exception).filter(([name]) => !Stamped.includes(name));
    const shown = Object.fromEntries([...inherited, ...own].map(([name, value]) => [name, comparable(name, value)]));
    const isShown = ([name, value]: [string, string]): boolean => value !== 'null' && !(name === 'body' && isRendered);
    return Object.fromEntries(Object.entries(shown).filter(isShown).sort());
  });

/** Elements that are not what they must be after an edit. */
const misread = (
  told: GroupwareItem,
  change: GroupwareItem,
  after: GroupwareItem,
  { follows = [] }: Edit,
  isRendered: boolean,
): string[] => {
  const shown = (item: GroupwareItem): GroupwareItem => ({ ...item, exceptions: shownExceptions(item, isRendered) });
  const [expected, found] = [shown({ ...told, ...change }), shown(after)];
  const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...names]
    .filter((name) => !Stamped.includes(name) && !(name === 'body' && isRendered))
    .filter((name) => name in change || !follows.includes(name))
    .filter((name) => comparable(name, expected[name]) !== comparable(name, found[name]))
    .map((name) => `${name} is ${json(found[name])} and not ${json(expected[name])}`);
};

/** What a device was told of an object. */
export interface Told {
  readonly device: ObjectDevice;
  readonly text: string;
  readonly item: GroupwareItem;
}

/** Tells a device of an object; why not, where it is set aside. */
export const tell = async (device: ObjectDevice, { text }: CorpusObject): Promise<Told | string> => {
  device.put(text);
  const item = await device.told();
  return typeof item === 'string' ? item : { device, text, item };
};

/** A device that sends back what it has, having changed nothing. */
export const checkNoEdit = async ({ device, text, item }: Told): Promise<string | undefined> => {
  await device.change(device.echo(item));
  return device.native === text ? undefined : `a Change of nothing changed it:\n${text}\n${device.native}`;
};

/** How an element is taken away by a device that leaves out what it did not change. */
const emptied = (value: unknown, told: unknown): unknown =>
  value === undefined ? (Array.isArray(told) ? [] : '') : value;

/** What a device sends; `undefined`: a Change without any element, which says nothing. */
const sentFor = (device: ObjectDevice, told: GroupwareItem, change: GroupwareItem): GroupwareItem | undefined => {
  const whole = { ...device.echo(told), ...change };
  if (!device.sendsChanges) return Object.values(whole).some((value) => value !== undefined) ? whole : undefined;
  return Object.fromEntries(Object.entries(change).map(([name, value]) => [name, emptied(value, told[name])]));
};

/** A device whose user makes one edit. */
export const checkEdit = async ({ device, text, item }: Told, edit: Edit): Promise<string | undefined> => {
  const change = edit.change(item);
  const sent = change === undefined ? undefined : sentFor(device, item, change);
  if (change === undefined || sent === undefined) return undefined;
  device.put(text);
  await device.change(sent);
  const after = await device.told();
  if (typeof after === 'string') return `${edit.name}: afterwards ${after}`;
  const found = [damage(text, device.native, edit), ...misread(item, change, after, edit, device.isRendering)];
  const wrong = found.filter((one) => one !== undefined);
  return wrong.length === 0
    ? undefined
    : `${edit.name}: ${wrong.join('; ')}\nbefore:\n${text}\nafter:\n${device.native}`;
};

/** Elements that a new item does not take over from the one whose values it got. */
const NotTakenOver = [
  ...['uid', 'organizerName', 'organizerEmail', 'responseType', 'appointmentReplyTime', 'meetingStatus'],
  ...['onlineMeetingConfLink', 'onlineMeetingExternalLink'],
];

/** The first occurrence alone is surely one of the series: others that are none get lost. Zones may get other names. */
const comparableNew = ({ timezone, ...item }: GroupwareItem): GroupwareItem => ({
  ...item,
  exceptions: (item.exceptions as Items)
    ?.filter((one) => json(one.exceptionStartTime ?? one.instanceId) === json(item.startTime))
    .map((one) => Object.fromEntries(Object.entries(one).filter(([name]) => !NotTakenOver.includes(name)))),
  recurrence: item.recurrence && { isLeapMonth: false, firstDayOfWeek: 1, ...item.recurrence },
});

/** A device that makes an item of all that it can say, here with the values of an object. */
export const checkAdd = async ({ device, text, item }: Told): Promise<string | undefined> => {
  if (isOthers(item)) return undefined;
  const sent = device.echo(item);
  await device.add(sent);
  const made = await device.told();
  if (typeof made === 'string') return `it is made, and then ${made}`;
  const names = Object.keys(sent).filter((name) => ![...Stamped, ...NotTakenOver].includes(name));
  const only = (whole: GroupwareItem): GroupwareItem =>
    comparableNew(Object.fromEntries(names.map((name) => [name, whole[name]])));
  const edit: Edit = { name: '', change: () => undefined, properties: /^$/ };
  const wrong = misread(only(item), {}, only(made), edit, device.isRendering);
  return wrong.length === 0 ? undefined : `made anew: ${wrong.join('; ')}\nfrom:\n${text}\nmade:\n${device.native}`;
};

/** Whether it is a meeting of somebody else: no device makes such a one. */
const isOthers = ({ meetingStatus }: GroupwareItem): boolean =>
  (Number(meetingStatus ?? 0) & MeetingStatus.received) !== 0;

/** The edits of a class that devices of this version make. */
export const editsFor = (device: ObjectDevice): readonly Edit[] =>
  Edits[device.itemClass].filter(({ form }) => form === undefined || form === device.form);
