import { describe, expect, test } from '@jest/globals';
import { mergedClassesOf, NoQuirks, quirksOf } from '../../src/devices/quirks.ts';

const All = ['Contacts', 'Calendar', 'Tasks', 'Notes'];

describe('the table of quirks', () => {
  test.each([
    ['WindowsOutlook15', undefined],
    ['WindowsOutlook16', 'Outlook/16.0 (16.0.5000.1000; C2R; x64)'],
    ['unknown', 'Outlook/15.0 (15.0.4420.1017; MSI; x86)'],
  ])('Outlook for Windows by type %s, User-Agent %s', (type, userAgent) => {
    expect(quirksOf({ type, userAgent })).toEqual({
      ...{ keepsMovedItems: true, failsOnGoneCollections: true },
      mergedClasses: ['Contacts'],
    });
  });

  test.each([
    ['iPhone', 'Apple-iPhone15C2/2204.51', ['Notes']],
    ['iPad', undefined, ['Notes']],
    ['Android', 'Android-Mail/2026.01.01.release', ['Contacts', 'Tasks', 'Notes']],
    ['SAMSUNGSMS921B', undefined, All],
  ])('%s (%s) takes one folder of %j', (type, userAgent, mergedClasses) => {
    expect(quirksOf({ type, userAgent })).toEqual({ ...NoQuirks, mergedClasses });
  });

  test.each([
    // The app for phones speaks through Microsoft's cloud, and does as the specification says.
    ['Outlook', 'Outlook-iOS-Android/1.0'],
    ['MyWindowsOutlook', undefined],
    ['Android', 'NineMail/4'],
    ['', undefined],
  ])('%s (%s) has none', (type, userAgent) => {
    expect(quirksOf({ type, userAgent })).toEqual(NoQuirks);
  });
});

describe('folders shown as one', () => {
  const samsung = { type: 'SAMSUNG1' };
  test('are those of the table unless the administrator says otherwise', () => {
    expect(mergedClassesOf(samsung)).toEqual(All);
    expect(mergedClassesOf(samsung, { Contacts: 'auto', Notes: 'never' })).toEqual(['Contacts', 'Calendar', 'Tasks']);
    expect(mergedClassesOf({ type: 'Nine' }, { Tasks: 'always' })).toEqual(['Tasks']);
    expect(mergedClassesOf({ type: 'Nine' })).toEqual([]);
  });
});
