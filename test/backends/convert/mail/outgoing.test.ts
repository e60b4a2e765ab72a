import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { joinRanges, outgoingEnvelope, withoutBcc } from '../../../../backends/convert/mail/outgoing.ts';
import { latin1, message, timeOf, utf8 } from './support.ts';

const sent = (raw: Uint8Array): string => Buffer.from(joinRanges(raw, withoutBcc(raw))).toString('latin1');

describe('the envelope of a message that a device sends', () => {
  test('holds From, and To, Cc and Bcc each once', () => {
    const raw = message(
      'From: "Ek, Anna" <anna@example.org>',
      'To: b@x.org, =?utf-8?q?J=C3=BCrgen?= <j@x.org>',
      'Cc: Team: c@x.org, b@x.org;',
      'Bcc: secret@x.org,',
      ' second@x.org',
      '',
      'To: not@x.org',
    );
    expect(outgoingEnvelope(raw)).toMatchObject({
      from: 'anna@example.org',
      recipients: ['b@x.org', 'j@x.org', 'c@x.org', 'secret@x.org', 'second@x.org'],
      unusable: [],
      headerLength: raw.length - 'To: not@x.org'.length,
    });
  });

  test('Sender stands in for From', () => {
    expect(outgoingEnvelope(utf8('Sender: a@x.org\n\n')).from).toBe('a@x.org');
    expect(outgoingEnvelope(utf8('Subject: x\n\n')).from).toBeUndefined();
  });

  test('what is no address is told, not dropped', () => {
    expect(outgoingEnvelope(utf8('To: anna, <b c@x.org>, d@x.org, "o k"@x.org\n\n'))).toMatchObject({
      recipients: ['bc@x.org', 'd@x.org', '"o k"@x.org'],
      unusable: ['anna'],
    });
  });

  test('no value adds a recipient: not after a bare CR, not by an encoded line end', () => {
    for (const subject of ['x\rBcc: evil@x.org', '=?utf-8?q?x=0D=0ABcc:_evil@x.org?=', 'x\r\n Bcc: evil@x.org']) {
      expect(outgoingEnvelope(latin1(`Subject: ${subject}\r\nTo: a@x.org\r\n\r\n`)).recipients).toEqual(['a@x.org']);
    }
  });

  test('no recipient holds a line end, a blank outside of quotes, or a bracket', () => {
    const Header = fc.string({ unit: fc.constantFrom(...'ab@.<>",;:() \r\t\\\0[]') });
    fc.assert(
      fc.property(Header, (value) => {
        for (const recipient of outgoingEnvelope(latin1(`To: ${value}\r\n\r\n`)).recipients) {
          expect(recipient).toMatch(/^("[^"\r\n\0]*(\\.[^"\r\n\0]*)*"|[^\s<>"]+)@[^\s<>"]+$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('ten thousand recipients in thousands of fields are all read', () => {
    const raw = utf8(
      `${'Bcc: a@x.org\r\n'.repeat(9_999)}To: ${'name name name name <b@x.org>, '.repeat(20_000)}c@x.org\r\n\r\n`,
    );
    expect(outgoingEnvelope(raw).recipients).toEqual(['b@x.org', 'c@x.org', 'a@x.org']);
    expect(sent(raw)).not.toMatch(/bcc/i);
  });
});

describe('the message without Bcc', () => {
  test('loses those fields and nothing else', () => {
    const raw = latin1(
      'From: a@x.org\r\nBCC : b@x.org,\r\n\tc@x.org\r\nSubject: \xe4\r\nResent-Bcc: d@x.org\r\n\r\nBcc: stays\r\n\0\xff',
    );
    expect(sent(raw)).toBe('From: a@x.org\r\nSubject: \xe4\r\n\r\nBcc: stays\r\n\0\xff');
  });

  test('is the message itself where there is none, byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => {
        fc.pre(!/bcc/i.test(Buffer.from(raw).toString('latin1')));
        expect(joinRanges(raw, withoutBcc(raw))).toEqual(raw);
      }),
    );
  });

  test('shows no Bcc to a server that takes a bare CR for a line end', () => {
    const raw = latin1('Subject: x\rBcc: b@x.org\rX: y\r\nTo: a@x.org\r\n\r\nbody');
    expect(sent(raw)).toBe('Subject: x\rX: y\r\nTo: a@x.org\r\n\r\nbody');
  });

  test('is found in linear time', () => {
    for (const piece of ['\rBcc:', 'Bcc:\n', '\r', ' \n', 'a:\n']) {
      const raw = latin1(`Subject: ${piece.repeat(200_000)}`);
      expect(timeOf(() => withoutBcc(raw), 1_000)).toBeLessThan(1_000);
    }
  });
});
