import { describe, expect, test } from '@jest/globals';
import { AirSyncBase, Calendar, Email } from '../../../protocol/code-pages/index.ts';
import { integer, type ReadOptions, readTree, type TreeNode } from '../../../protocol/schema/index.ts';
import { failure, node } from './reading.ts';
import { Item } from './sample.ts';

describe('values', () => {
  const item = (nodes: readonly TreeNode[], options?: ReadOptions) => readTree(Item, nodes, options);

  test.each([
    ['0', 0],
    ['-15', -15],
    ['+2', 2],
    ['007', 7],
    [' 5 ', 5],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('MS-ASDTYPE_R87 %j is the number %d', (value, expected) => {
    expect(item([node(Calendar.BusyStatus, value)])).toEqual({ busy: expected });
  });

  test.each(['x', '1.5', '1e3', '0x10', '9007199254740993', '--1', '1 2', 'NaN', ' '])(
    '%j is no whole number',
    (value) => {
      const error = failure(() => item([node(Calendar.BusyStatus, value)]));
      expect([error.path, error.problem]).toEqual(['BusyStatus', `${JSON.stringify(value)} is not a whole number`]);
    },
  );

  test.each([
    ['52.52', 52.52],
    ['-0.5', -0.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e-7', 1e-7],
  ])('MS-ASDTYPE_R502 %j is the number %d', (value, expected) => {
    expect(item([node(AirSyncBase.Latitude, value)])).toEqual({ latitude: expected });
  });

  test.each(['', 'x', '1,5', 'Infinity', '1e999', '.'])('%j is no decimal number', (value) => {
    expect(failure(() => item([node(AirSyncBase.Latitude, value)], { order: 'strict' })).path).toBe('Latitude');
  });

  test.each([
    ['1', true],
    ['0', false],
    ['', true],
    [undefined, true],
  ])('MS-ASDTYPE_R5 MS-ASDTYPE_R6 the boolean %j is %p', (value, expected) => {
    expect(item([node(Calendar.AllDayEvent, value)], { order: 'strict' })).toEqual({ allDay: expected });
  });

  test.each(['2', 'true', 'yes', '-1', 'constructor'])('%j is no boolean', (value) => {
    expect(failure(() => item([node(Calendar.AllDayEvent, value)])).problem).toContain('is not 0 or 1');
  });

  test.each([
    ['2000-12-25T08:35:00.000Z', Date.UTC(2000, 11, 25, 8, 35)],
    ['2000-12-25T08:35:00Z', Date.UTC(2000, 11, 25, 8, 35)],
    ['2000-12-25T08:35:07.5Z', Date.UTC(2000, 11, 25, 8, 35, 7, 500)],
    ['2000-12-25T08:35:07.1239999Z', Date.UTC(2000, 11, 25, 8, 35, 7, 123)],
    ['20001225T083500Z', Date.UTC(2000, 11, 25, 8, 35)],
    ['2004-02-29T24:00:00.000Z', Date.UTC(2004, 2, 1)],
    ['1601-01-01T00:00:00.000Z', Date.UTC(1601, 0, 1)],
    ['0001-01-01T00:00:00.000Z', Date.parse('0001-01-01T00:00:00.000Z')],
  ])('MS-ASDTYPE_R15 MS-ASDTYPE_R12213 %s is a date in either element', (value, expected) => {
    expect(item([node(Email.DateReceived, value)])).toEqual({ received: new Date(expected) });
    expect(item([node(Calendar.StartTime, value)])).toEqual({ start: new Date(expected) });
  });

  test.each([
    '2000-13-01T00:00:00Z',
    '2001-02-29T00:00:00Z',
    '2000-00-10T00:00:00Z',
    '2000-01-00T00:00:00Z',
    '20000101T250000Z',
    '20000101T006000Z',
    '20000101T000061Z',
    '2000-01-01',
    'now',
    '2000-0101T000000Z',
  ])('%s is no date', (value) => {
    expect(failure(() => item([node(Email.DateReceived, value)])).problem).toContain('is not a date and time');
  });

  test('base64 is bytes', () => {
    expect(item([node({ ...Item.picture.tag }, 'AAEC')].map((it) => ({ ...it, tag: Item.picture.tag })))).toEqual({
      picture: Uint8Array.of(0, 1, 2),
    });
    expect(failure(() => item([node(Item.picture.tag, 'A!')])).problem).toContain('is not base64');
    expect(item([node(Item.picture.tag)])).toEqual({ picture: new Uint8Array(0) });
  });

  test('an empty optional number or date counts as absent, a required one is wrong', () => {
    expect(item([node(Calendar.BusyStatus), node(Email.DateReceived)])).toEqual({});
    expect(failure(() => readTree({ busy: integer(Calendar.BusyStatus) }, [node(Calendar.BusyStatus)])).path).toBe(
      'BusyStatus',
    );
  });

  test('MS-ASCAL_R3951111 an element that may be empty is null then', () => {
    expect(item([node(Calendar.Reminder), node(AirSyncBase.Location)], { order: 'strict' })).toEqual({
      reminder: null,
      location: null,
    });
    expect(item([node(Calendar.Reminder, '5')])).toEqual({ reminder: 5 });
    expect(failure(() => item([node(Calendar.Reminder), node(Calendar.Reminder)])).problem).toContain('more than once');
  });
});
