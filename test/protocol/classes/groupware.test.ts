import { describe, expect, test } from '@jest/globals';
import { type Contact, ContactFields } from '../../../protocol/classes/contact.ts';
import { type CalendarEvent, EventFields } from '../../../protocol/classes/event.ts';
import { type Note, NoteFields } from '../../../protocol/classes/note.ts';
import { type Task, TaskFields } from '../../../protocol/classes/task.ts';
import { AirSync } from '../../../protocol/code-pages/index.ts';
import { container, type Fields } from '../../../protocol/schema/describe.ts';
import { readDocument, writeDocument } from '../../../protocol/schema/index.ts';
import type { ProtocolVersion } from '../../../protocol/versions.ts';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import { hex, joinPieces, toHex } from '../wbxml/support.ts';

/** Bytes put together by hand from [MS-ASWBXML] 2.1.2.1, so that a codec that errs twice the same way is found. */
const text = (value: string): string => `03 ${Buffer.from(value).toString('hex')} 00`;

/** ApplicationData with `content` in it. */
const data = (content: string): string => `03016A005D${content.replace(/ /g, '')}01`.toUpperCase();

const codec = <F extends Fields>(fields: F) => {
  const root = container(AirSync.ApplicationData, fields);
  return {
    written: (value: never, version: ProtocolVersion = '14.1') =>
      toHex(joinPieces(writeDocument(root, value, version))),
    read: (content: string, version: ProtocolVersion = '14.1') =>
      readDocument(root, bytesSource(hex(data(content))), { version }),
  };
};

describe('a contact', () => {
  const { written, read } = codec(ContactFields);

  test('has its elements on two pages (MS-ASCNTC_R99)', () => {
    const contact: Contact = { firstName: 'A', lastName: 'B', imAddress: 'C', nickName: 'D' };
    const content = `00 01 5F ${text('A')} 01 69 ${text('B')} 01 00 0C 47 ${text('C')} 01 4D ${text('D')} 01`;
    expect(written(contact as never)).toBe(data(content));
    expect(read(content)).toEqual(contact);
  });

  test('with an empty Picture is not one without a Picture', () => {
    expect(read('00 01 3C')).toEqual({ picture: null });
    expect(read(`00 01 7C ${text('AQI=')} 01`)).toEqual({ picture: new Uint8Array([1, 2]) });
    expect(read('')).toEqual({});
  });

  test('has Alias and WeightedRank from 14.0 on (MS-ASCNTC_R104)', () => {
    const contact = { alias: 'x', weightedRank: 3 } as never;
    expect(written(contact, '12.1')).toBe('03016A001D');
    expect(written(contact, '14.0')).toBe(data(`00 01 7D ${text('x')} 01 7E ${text('3')} 01`));
  });
});

describe('an event', () => {
  const { written, read } = codec(EventFields);
  const start = new Date(Date.UTC(2026, 2, 1, 12));
  const stamp = text('20260301T120000Z');

  test('has compact date-times (MS-ASCAL_R438)', () => {
    const event: CalendarEvent = { startTime: start, subject: 'S' };
    const content = `00 04 67 ${stamp} 01 66 ${text('S')} 01`;
    expect(written(event as never)).toBe(data(content));
    expect(read(content)).toEqual(event);
  });

  test('names an exception by ExceptionStartTime up to 14.1, by InstanceId from 16.0 on (MS-ASCAL_R268)', () => {
    const exceptions = [{ deleted: true, exceptionStartTime: start, instanceId: start }];
    const old = `00 04 54 53 55 ${text('1')} 01 56 ${stamp} 01 01 01`;
    expect(written({ exceptions } as never, '14.1')).toBe(data(old));
    const young = `00 04 54 53 55 ${text('1')} 01 00 11 6D ${stamp} 01 01 01`;
    expect(written({ exceptions } as never, '16.0')).toBe(data(young));
  });

  test('has a Location of text up to 14.1 and a structured one from 16.0 on (MS-ASCAL_R300)', () => {
    const event = { locationText: 'R', location: { displayName: 'R' } } as never;
    expect(written(event, '14.1')).toBe(data(`00 04 57 ${text('R')} 01`));
    expect(written(event, '16.1')).toBe(data(`00 11 60 50 ${text('R')} 01 01`));
  });

  test('with an empty Reminder in an exception has none there (MS-ASCAL_R39511)', () => {
    expect(read('00 04 54 53 24 01 01').exceptions).toEqual([{ reminder: null }]);
    expect(read(`00 04 64 ${text('15')} 01`)).toEqual({ reminder: 15 });
  });
});

describe('a task', () => {
  const { written, read } = codec(TaskFields);

  test('has full date-times and a recurrence with its start (MS-ASTASK_R271)', () => {
    const day = new Date(Date.UTC(2026, 2, 1));
    const task: Task = { dueDate: day, recurrence: { type: 1, start: day, regenerate: true } };
    const stamp = text('2026-03-01T00:00:00.000Z');
    const content = `00 09 4C ${stamp} 01 4F 50 ${text('1')} 01 51 ${stamp} 01 59 ${text('1')} 01 01`;
    expect(written(task as never)).toBe(data(content));
    expect(read(content)).toEqual(task);
  });
});

describe('a note', () => {
  const { written, read } = codec(NoteFields);

  test('has categories and its last change (MS-ASNOTE_R53)', () => {
    const note: Note = { subject: 'N', lastModifiedDate: new Date(Date.UTC(2026, 2, 1)), categories: ['a', 'b'] };
    const [subject, stamp] = [text('N'), text('20260301T000000Z')];
    const content = `00 17 45 ${subject} 01 47 ${stamp} 01 48 49 ${text('a')} 01 49 ${text('b')} 01 01`;
    expect(written(note as never)).toBe(data(content));
    expect(read(content)).toEqual(note);
  });

  test('is nothing for versions before 14.0', () => {
    expect(written({ subject: 'N' } as never, '12.1')).toBe('03016A001D');
  });
});
