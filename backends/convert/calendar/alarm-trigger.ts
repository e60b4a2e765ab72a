import {
  appendComponent,
  type LineComponent,
  type LineParts,
  lineEndIn,
  linesOf,
  makeComponent,
  makeLine,
  replaceComponent,
  replaceLines,
} from '../lines/content-lines.ts';

/**
 * An event or task whose alarm rings otherwise: all else of an alarm stays as it is, a new one shows the item's title
 * (RFC 5545, 3.6.6).
 *
 * @param alarm its VALARM; `undefined`: it gets one
 * @param trigger without its name
 * @param untitled what the alarm of an item without a title shows
 */
export const withTrigger = (
  item: LineComponent,
  alarm: LineComponent | undefined,
  trigger: Omit<LineParts, 'name'>,
  untitled: string,
): LineComponent => {
  const lineEnd = lineEndIn(item);
  const line = makeLine({ ...trigger, name: 'TRIGGER' }, lineEnd);
  if (alarm !== undefined) {
    return replaceComponent(item, alarm, replaceLines(alarm, linesOf(alarm, 'TRIGGER'), [line]));
  }
  const shown = [
    { name: 'ACTION', value: 'DISPLAY' },
    { name: 'DESCRIPTION', value: linesOf(item, 'SUMMARY')[0]?.value || untitled },
  ].map((parts) => makeLine(parts, lineEnd));
  return appendComponent(item, makeComponent('VALARM', [...shown, line], lineEnd));
};

/** An event or task without one of its alarms. */
export const withoutAlarm = (item: LineComponent, alarm: LineComponent | undefined): LineComponent =>
  alarm === undefined ? item : replaceComponent(item, alarm, undefined);
