import { describe, expect, test } from '@jest/globals';
import { ImapSettings, serverAddress } from '../../../backends/imap/settings.ts';

const addressOf = (url: string, more: object = {}) => serverAddress(ImapSettings.parse({ url, ...more }));

describe('the address', () => {
  test.each([
    ['imaps://mail.example.org', { host: 'mail.example.org', port: 993, secure: true, startTls: false }],
    ['imaps://mail.example.org:1993/', { host: 'mail.example.org', port: 1993, secure: true, startTls: false }],
    ['imap://mail.example.org', { host: 'mail.example.org', port: 143, secure: false, startTls: true }],
    ['imap://10.0.0.5:1143', { host: '10.0.0.5', port: 1143, secure: false, startTls: true }],
    ['imap://127.0.0.1:143', { host: '127.0.0.1', port: 143, secure: false, startTls: false }],
    ['imap://localhost', { host: 'localhost', port: 143, secure: false, startTls: false }],
    ['imap://[::1]:143', { host: '::1', port: 143, secure: false, startTls: false }],
  ])('%s', (url, address) => {
    expect(addressOf(url)).toEqual(address);
  });

  test('demands STARTTLS on loopback too when authorities are named', () => {
    expect(addressOf('imap://127.0.0.1', { caFile: '/ca.pem' }).startTls).toBe(true);
  });

  test('is not fooled by names that only look like loopback', () => {
    for (const host of ['127.0.0.1.example.org', 'localhost.example.org', '128.0.0.1']) {
      expect(addressOf(`imap://${host}`).startTls).toBe(true);
    }
  });

  test.each([
    ['http://x'],
    ['imap:x'],
    ['mail.example.org'],
    ['imaps://user:pw@x'],
    ['imaps://x/INBOX'],
    ['imaps://x?a=b'],
    [''],
  ])('%j is refused', (url) => {
    expect(ImapSettings.safeParse({ url }).success).toBe(false);
  });
});

describe('settings', () => {
  test('have defaults for everything but the address', () => {
    expect(ImapSettings.parse({ url: 'imaps://x' })).toMatchObject({
      maxConnections: 3,
      folders: { subscribedOnly: false, roles: {} },
      watch: { mode: 'auto', pollSeconds: 60 },
      ignoreCapabilities: [],
    });
  });

  test('renew a waiting command before servers hang up', () => {
    expect(ImapSettings.safeParse({ url: 'imaps://x', watch: { renewSeconds: 1_800 } }).success).toBe(false);
    expect(ImapSettings.parse({ url: 'imaps://x' }).watch.renewSeconds).toBeLessThan(29 * 60);
  });

  test.each([
    [{ maxConnections: 0 }],
    [{ folder: {} }],
    [{ folders: { roles: { inbox: 'x' } } }],
    [{ idleSeconds: 0 }],
  ])('%j is refused', (more) => {
    expect(ImapSettings.safeParse({ url: 'imaps://x', ...more }).success).toBe(false);
  });
});
