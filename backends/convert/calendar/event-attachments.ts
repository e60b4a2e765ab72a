import type { AddAttachment, Attachments } from '../../../protocol/classes/air-sync-base.ts';
import {
  type ContentLine,
  type LineComponent,
  linesOf,
  parameterValues,
  replaceLines,
} from '../lines/content-lines.ts';
import { lineIn } from '../lines/fields.ts';
import type { EventField } from './event-field.ts';

/** Attachments of an event from 16.0 on: files that stand in it (ATTACH). Links to files are no files and stay. */

/** Method of a file ([MS-ASAIRS] 2.2.2.31). */
const NormalMethod = 1;

const isFile = (line: ContentLine): boolean =>
  parameterValues(line, 'ENCODING')[0]?.toUpperCase() === 'BASE64' ||
  parameterValues(line, 'VALUE')[0]?.toUpperCase() === 'BINARY';

/** What names a file: its own content, so that the name stays when other files come and go (FNV-1a, 2 x 32 bits). */
const referenceOf = (content: string): string => {
  let [a, b] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at < content.length; at++) {
    const code = content.charCodeAt(at);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ (code + at), 0x85ebca6b);
  }
  return `${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`;
};

const nameOf = (line: ContentLine): string =>
  ['FILENAME', 'X-FILENAME', 'X-APPLE-FILENAME', 'X-ORACLE-FILENAME', 'LABEL', 'X-LABEL']
    .flatMap((name) => parameterValues(line, name))
    .find((name) => name !== '') ?? 'attachment';

const filesOf = (event: LineComponent): ContentLine[] => linesOf(event, 'ATTACH').filter(isFile);

const sizeOf = ({ value }: ContentLine): number => Math.floor((value.replace(/[=\s]/g, '').length * 3) / 4);

/** A file of an event. */
export interface EventFile {
  readonly name: string;
  readonly contentType: string;
  readonly content: Uint8Array;
}

/** The file that a FileReference of an event names; `undefined`: there is none. */
export const fileOf = (events: readonly LineComponent[], reference: string): EventFile | undefined => {
  const line = events.flatMap(filesOf).find(({ value }) => referenceOf(value) === reference);
  if (line === undefined) return undefined;
  return {
    name: nameOf(line),
    contentType: parameterValues(line, 'FMTTYPE')[0] || 'application/octet-stream',
    content: Uint8Array.from(Buffer.from(line.value, 'base64')),
  };
};

/** Base64 without what devices put between its lines. */
const contentOf = ({ content }: AddAttachment): string => {
  if (typeof content === 'string') return content.replace(/\s+/g, '');
  return content instanceof Uint8Array ? Buffer.from(content).toString('base64') : '';
};

/** The FileReference that an added file gets. */
export const addedReference = (added: AddAttachment): string => referenceOf(contentOf(added));

const newFile = (event: LineComponent, added: AddAttachment): ContentLine =>
  lineIn(event, 'ATTACH', contentOf(added), [
    ...(added.contentType ? [{ name: 'FMTTYPE', values: [added.contentType] }] : []),
    { name: 'ENCODING', values: ['BASE64'] },
    { name: 'VALUE', values: ['BINARY'] },
    { name: 'FILENAME', values: [added.displayName] },
  ]);

const withChange = (event: LineComponent, change: Attachments[number]): LineComponent => {
  const files = filesOf(event);
  if (change.kind === 'delete') {
    return replaceLines(
      event,
      files.filter(({ value }) => referenceOf(value) === change.fileReference),
      [],
    );
  }
  if (change.kind !== 'add') return event;
  const reference = addedReference(change);
  // The same request may come twice.
  const isThere = files.some((line) => referenceOf(line.value) === reference && nameOf(line) === change.displayName);
  return isThere ? event : replaceLines(event, [], [newFile(event, change)]);
};

export const attachments: EventField = {
  names: ['attachments'],
  read: (event, { request }) => {
    const files = request.form === 'days' ? filesOf(event) : [];
    if (files.length === 0) return {};
    return {
      attachments: files.map((line) => ({
        kind: 'attachment' as const,
        displayName: nameOf(line),
        fileReference: referenceOf(line.value),
        method: NormalMethod,
        estimatedDataSize: sizeOf(line),
      })),
    };
  },
  same: () => false,
  write: (event, { attachments: wanted }) =>
    (wanted ?? []).filter(({ kind }) => kind !== 'attachment').reduce(withChange, event),
};
