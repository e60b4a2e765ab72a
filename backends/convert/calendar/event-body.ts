import {
  type ContentLine,
  type LineComponent,
  linesOf,
  parameterValues,
  replaceLines,
} from '../lines/content-lines.ts';
import { firstLine, lineIn, single, withValue } from '../lines/fields.ts';
import { escapeText, unescapeText } from '../lines/text-values.ts';
import { editedText, type TextSource, textBody } from '../text-body.ts';
import type { EventField } from './event-field.ts';

/** Body: DESCRIPTION, and its HTML form, which Outlook and Thunderbird keep in X-ALT-DESC. */

const Text = single('DESCRIPTION');

const htmlLine = (event: LineComponent): ContentLine | undefined =>
  linesOf(event, 'X-ALT-DESC').find((line) => parameterValues(line, 'FMTTYPE')[0]?.toLowerCase() === 'text/html');

/** The text of an event. */
export const textOfEvent = (event: LineComponent): TextSource => {
  const html = htmlLine(event);
  return { plain: Text.read(event) ?? '', html: html === undefined ? undefined : unescapeText(html.value) };
};

const withHtml = (event: LineComponent, html: string | undefined): LineComponent => {
  const old = htmlLine(event);
  if (html === undefined) return old === undefined ? event : replaceLines(event, [old], []);
  const value = escapeText(html);
  if (old !== undefined) return replaceLines(event, [old], [withValue(event, old, value)]);
  const line = lineIn(event, 'X-ALT-DESC', value, [{ name: 'FMTTYPE', values: ['text/html'] }]);
  const after = firstLine(event, ['DESCRIPTION']);
  return after === undefined ? replaceLines(event, [], [line]) : replaceLines(event, [after], [after, line]);
};

/** A text with its HTML form, or without one: an old one would say what was said before. */
const withText = (event: LineComponent, { plain, html }: TextSource): LineComponent =>
  withHtml(plain === Text.read(event) ? event : Text.write(event, plain || undefined), html);

export const body: EventField = {
  names: ['body'],
  read: (event, { request }) => ({ body: textBody(textOfEvent(event), request.preferences) }),
  same: () => false,
  write: (event, { body: wanted }, _before, { request }) => {
    if (wanted === undefined) return withText(event, { plain: '' });
    const edited = editedText(textOfEvent(event), wanted, request.preferences);
    return edited === undefined ? event : withText(event, edited);
  },
};
