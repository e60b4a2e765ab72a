import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type ChangeEvent, LocalHub } from '../../src/push/hub.ts';
import { SignatureAge, signNotice, takeNotice, verifyNotice, type WebhookScope } from '../../src/push/webhook.ts';

const Secret = 'a shared secret';
const Now = 1_790_000_000_000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const sign = (body: string, at = Now): string => signNotice(Secret, body, Math.floor(at / 1000));

const scene = (): { scope: WebhookScope; events: ChangeEvent[]; take(body: unknown): string } => {
  const hub = new LocalHub();
  const events: ChangeEvent[] = [];
  hub.subscribe('anna@example.test', (_account, event) => void events.push(event));
  const scope: WebhookScope = {
    secret: Secret,
    hub,
    now: () => Now,
    accountOf: (user) => (user === 'anna' ? 'anna@example.test' : undefined),
    locate: (_account, mailbox) => (mailbox === 'INBOX' ? 'inbox' : undefined),
  };
  const take = (body: unknown): string => {
    const text = JSON.stringify(body);
    return takeNotice(scope, bytes(text), sign(text));
  };
  return { scope, events, take };
};

describe('signature', () => {
  test('is HMAC-SHA256 over seconds, a dot and the body', () => {
    const mac = createHmac('sha256', Secret).update('1790000000.{}').digest('hex');
    expect(sign('{}')).toBe(`t=1790000000,v1=${mac}`);
    expect(verifyNotice(Secret, bytes('{}'), `t=1790000000,v1=${mac}`, Now)).toBe(true);
  });

  test.each([
    ['none', undefined],
    ['of another body', sign('{"a":1}')],
    ['of another secret', signNotice('other', '{}', Now / 1000)],
    ['too old', sign('{}', Now - (SignatureAge + 1) * 1000)],
    ['from the future', sign('{}', Now + (SignatureAge + 1) * 1000)],
    ['cut short', sign('{}').slice(0, -1)],
    ['with the time changed', sign('{}').replace('t=1790000000', 't=1790000001')],
  ])('%s is refused', (_name, signature) => {
    expect(verifyNotice(Secret, bytes('{}'), signature, Now)).toBe(false);
  });
});

describe('notices', () => {
  test('a new mail wakes without a look, a flag with one', () => {
    const { events, take } = scene();
    expect(
      take({
        user: 'anna',
        events: [
          { mailbox: 'INBOX', event: 'MessageNew', uid: 7 },
          { mailbox: 'INBOX', event: 'FlagsSet' },
        ],
      }),
    ).toBe('taken');
    expect(events).toEqual([
      { kind: 'moved', folder: 'inbox', position: undefined, arrived: true },
      { kind: 'moved', folder: 'inbox', position: undefined, arrived: false },
    ]);
  });

  test('a folder that is not known makes everybody look', () => {
    const { events, take } = scene();
    take({ user: 'anna', events: [{ mailbox: 'Lists/new', event: 'MessageNew' }] });
    expect(events).toEqual([{ kind: 'unsure', mailbox: { path: 'Lists/new', arrived: true } }]);
  });

  test('folders made, renamed and removed are told as such', () => {
    const { events, take } = scene();
    for (const event of ['MailboxCreate', 'MailboxRename', 'MailboxDelete', 'MailboxSubscribe']) {
      take({ user: 'anna', events: [{ mailbox: 'INBOX', event }] });
    }
    expect(events).toEqual(Array(4).fill({ kind: 'hierarchy' }));
  });

  test('a user that is not ours is let pass without a wake', () => {
    const { events, take } = scene();
    expect(take({ user: 'mallory', events: [{ mailbox: 'INBOX', event: 'MessageNew' }] })).toBe('unknown user');
    expect(events).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['nothing in it', {}],
    ['no events', { user: 'anna', events: [] }],
    ['no user', { user: '', events: [{ mailbox: 'INBOX', event: 'MessageNew' }] }],
    ['a mailbox that is no text', { user: 'anna', events: [{ mailbox: 7, event: 'MessageNew' }] }],
    ['too many events', { user: 'anna', events: Array(1001).fill({ mailbox: 'INBOX', event: 'MessageNew' }) }],
    ['null', null],
  ])('malformed: %s', (_name, body) => {
    const { events, take } = scene();
    expect(take(body)).toBe('malformed');
    expect(events).toEqual([]);
  });

  test('what is no JSON is malformed', () => {
    const { scope } = scene();
    expect(takeNotice(scope, bytes('{'), sign('{'))).toBe('malformed');
  });
});
