import { describe, expect, test } from '@jest/globals';
import { SmtpSettings, serverAddress } from '../../../backends/smtp/settings.ts';

const address = (url: string, caFile?: string) =>
  serverAddress(SmtpSettings.parse(caFile === undefined ? { url } : { url, caFile }));

describe('the address of an SMTP server', () => {
  test.each([
    ['smtp://mail.example.org', { host: 'mail.example.org', port: 587, secure: false, startTls: true }],
    ['smtp://mail.example.org:25', { host: 'mail.example.org', port: 25, secure: false, startTls: true }],
    ['smtps://mail.example.org', { host: 'mail.example.org', port: 465, secure: true, startTls: false }],
    ['smtp://127.0.0.1:25', { host: '127.0.0.1', port: 25, secure: false, startTls: false }],
    ['smtp://localhost', { host: 'localhost', port: 587, secure: false, startTls: false }],
    ['smtp://[::1]:2525', { host: '::1', port: 2525, secure: false, startTls: false }],
    ['smtp://127.0.0.1.example.org', { host: '127.0.0.1.example.org', port: 587, secure: false, startTls: true }],
  ])('%s', (url, expected) => {
    expect(address(url)).toEqual(expected);
  });

  test('STARTTLS is demanded on loopback too once a CA is named', () => {
    expect(address('smtp://127.0.0.1', '/ca.pem').startTls).toBe(true);
  });

  test.each(['mail.example.org', 'http://x', 'smtp://', 'smtp://user:pw@x', 'smtp://x/path', 'smtp://x?y=1'])(
    'refuses %j',
    (url) => {
      expect(SmtpSettings.safeParse({ url }).success).toBe(false);
    },
  );
});

test('the sender logs in unless told otherwise; unknown keys are refused', () => {
  expect(SmtpSettings.parse({ url: 'smtp://x' })).toMatchObject({ login: 'user', keepsSentCopy: false });
  expect(SmtpSettings.parse({ url: 'smtp://x', login: { user: 'u', password: 'p' } }).login).toEqual({
    user: 'u',
    password: 'p',
  });
  expect(SmtpSettings.safeParse({ url: 'smtp://x', login: 'nobody' }).success).toBe(false);
  expect(SmtpSettings.safeParse({ url: 'smtp://x', passwort: 'p' }).success).toBe(false);
});
