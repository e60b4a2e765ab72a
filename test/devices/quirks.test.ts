import { describe, expect, test } from '@jest/globals';
import { NoQuirks, quirksOf } from '../../src/devices/quirks.ts';

describe('the table of quirks', () => {
  test.each([
    ['WindowsOutlook15', undefined],
    ['WindowsOutlook16', 'Outlook/16.0 (16.0.5000.1000; C2R; x64)'],
    ['unknown', 'Outlook/15.0 (15.0.4420.1017; MSI; x86)'],
  ])('Outlook for Windows by type %s, User-Agent %s', (type, userAgent) => {
    expect(quirksOf({ type, userAgent })).toEqual({ keepsMovedItems: true, failsOnGoneCollections: true });
  });

  test.each([
    ['iPhone', 'Apple-iPhone15C2/2204.51'],
    ['Android', 'Android-Mail/2026.01.01.release'],
    ['SAMSUNGSMS921B', undefined],
    // The app for phones speaks through Microsoft's cloud, and does as the specification says.
    ['Outlook', 'Outlook-iOS-Android/1.0'],
    ['MyWindowsOutlook', undefined],
    ['', undefined],
  ])('%s (%s) has none', (type, userAgent) => {
    expect(quirksOf({ type, userAgent })).toEqual(NoQuirks);
  });
});
