import { describe, expect, test } from '@jest/globals';
import { CalDavSettings, CardDavSettings } from '../../../backends/dav/settings.ts';

const accepts = (url: string): boolean => CalDavSettings.safeParse({ url }).success;

describe('settings', () => {
  test.each([
    ['https://dav.example.org'],
    ['https://dav.example.org:8443/dav/'],
    ['http://127.0.0.1:5232/'],
    ['http://localhost/dav'],
    ['http://[::1]:1'],
  ])('%s is a server', (url) => {
    expect(accepts(url)).toBe(true);
  });

  test.each([
    ['http://dav.example.org'],
    ['http://127.0.0.1.example.org'],
    ['ftp://x'],
    ['https://anna:pw@x'],
    ['https://x/?a'],
    ['dav.example.org'],
    [''],
  ])('%s is none, since passwords are sent there', (url) => {
    expect(accepts(url)).toBe(false);
  });

  test('have defaults for all that need not be said', () => {
    expect(CalDavSettings.parse({ url: 'https://x' })).toMatchObject({
      components: ['VEVENT', 'VTODO', 'VJOURNAL'],
      scheduling: 'auto',
      changesBy: 'auto',
      leaveOut: [],
      create: true,
      watch: { pollSeconds: 30, quietSeconds: 120 },
    });
    expect(CardDavSettings.safeParse({ url: 'https://x', scheduling: 'on' }).success).toBe(false);
  });

  test('a quiet account is not looked at more often than a busy one', () => {
    const watch = { pollSeconds: 60, quietSeconds: 30 };
    expect(CardDavSettings.safeParse({ url: 'https://x', watch }).success).toBe(false);
  });

  test('paths are paths', () => {
    expect(CardDavSettings.safeParse({ url: 'https://x', home: '/dav/{user}/' }).success).toBe(true);
    expect(CardDavSettings.safeParse({ url: 'https://x', home: 'https://y/' }).success).toBe(false);
  });
});
