import * as tnef from '../backends/convert/mail/tnef-writer.ts';
import { attached, Contents, Encodings, type Made, plain } from './generated-shapes.ts';
import { mail, multipart, part } from './writing.ts';

/** Generated messages of special kinds: reports, signed and encrypted mail, messages within messages, winmail.dat, meetings, threads. */

export function* reports(): Iterable<Made> {
  const classes = { failed: 'NDR', delayed: 'DELAYED', delivered: 'DR', relayed: 'DR', expanded: 'DR' };
  const original = Buffer.from('Subject: lost\r\nFrom: anna@example.test\r\n\r\n');
  for (const [action, name] of Object.entries(classes)) {
    const status = Buffer.from(
      `Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; b@x\r\nAction: ${action}\r\nStatus: 5.1.1\r\n`,
    );
    for (const type of ['message/rfc822', 'text/rfc822-headers']) {
      const parts = [plain('could not'), part('message/delivery-status', status), part(type, original)];
      const raw = mail('report', multipart('report', parts, ' report-type=delivery-status;'));
      yield { raw, messageClass: `REPORT.IPM.NOTE.${name}`, attachments: [status, original], text: 'could not' };
    }
  }
  for (const [disposition, name] of [
    ['displayed', 'IPNRN'],
    ['deleted', 'IPNNRN'],
  ] as const) {
    const receipt = Buffer.from(
      `Final-Recipient: rfc822; b@x\r\nDisposition: manual-action/MDN-sent-manually; ${disposition}\r\n`,
    );
    const parts = [plain('was read'), part('message/disposition-notification', receipt)];
    const raw = mail('receipt', multipart('report', parts, ' report-type=disposition-notification;'));
    yield { raw, messageClass: `REPORT.IPM.NOTE.${name}`, attachments: [receipt], text: 'was read' };
  }
}

export function* secured(): Iterable<Made> {
  const signature = Buffer.from('30820100', 'hex');
  const armored = Buffer.from('-----BEGIN PGP SIGNATURE-----\r\n\r\nabcd\r\n-----END PGP SIGNATURE-----\r\n');
  for (const content of [
    plain('signed'),
    multipart('mixed', [plain('signed'), attached(Contents[1] as Buffer, 'base64')]),
  ]) {
    const files = content.includes('application/pdf') ? [Contents[1] as Buffer] : [];
    const smime = [content, part('application/pkcs7-signature; name=smime.p7s', signature, 'base64')];
    const signed = mail(
      'smime',
      multipart('signed', smime, ' protocol="application/pkcs7-signature"; micalg=sha-256;'),
    );
    yield { raw: signed, messageClass: 'IPM.Note.SMIME.MultipartSigned', attachments: [...files, signature] };
    const pgp = [content, part('application/pgp-signature; name=signature.asc', armored)];
    const raw = mail('pgp', multipart('signed', pgp, ' protocol="application/pgp-signature"; micalg=pgp-sha256;'));
    yield { raw, attachments: [...files, armored], text: 'signed' };
  }
  for (const type of [
    'application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m',
    'application/x-pkcs7-mime; name=smime.p7m',
  ]) {
    const raw = mail('opaque', part(type, signature, 'base64', 'Content-Disposition: attachment; filename=smime.p7m'));
    yield { raw, messageClass: 'IPM.Note.SMIME', attachments: [signature] };
  }
  const version = Buffer.from('Version: 1\r\n');
  const encrypted = [
    part('application/pgp-encrypted', version),
    part('application/octet-stream; name=encrypted.asc', armored),
  ];
  yield {
    raw: mail('pgp', multipart('encrypted', encrypted, ' protocol="application/pgp-encrypted";')),
    attachments: [version, armored],
  };
}

export function* embedded(): Iterable<Made> {
  let inner = mail('innermost', plain('inner'));
  for (let depth = 1; depth <= 5; depth++) {
    for (const disposition of [
      'Content-Disposition: attachment; filename=old.eml',
      'Content-Disposition: inline',
      'X-None: 1',
    ]) {
      const parts = [plain('outer'), part('message/rfc822', inner, '8bit', disposition)];
      yield { raw: mail('embedded', multipart('mixed', parts)), attachments: [inner], text: 'outer' };
    }
    inner = mail(`level ${depth}`, multipart('mixed', [plain('x'), part('message/rfc822', inner, '8bit')]));
  }
  const digest = [mail('one', plain('1')), mail('two', plain('2'))];
  const parts = digest.map((one) => part('message/rfc822', one, '8bit'));
  yield { raw: mail('digest', multipart('digest', parts)), attachments: digest };
}

export function* winmail(): Iterable<Made> {
  const file = (count: number, ...more: Uint8Array[]): Buffer =>
    tnef.tnef(
      ...[tnef.codepage(1252), tnef.messageClass('IPM.Microsoft Mail.Note'), ...more],
      ...Contents.slice(0, count).map((content, i) =>
        tnef.attachment(`F${i}~1.BIN`, content, tnef.unicode(0x3707, `Übersicht ${i}.bin`)),
      ),
    );
  const text = tnef.messageProperties(tnef.unicode(0x1000, 'Text of Outlook'));
  for (let count = 0; count <= Contents.length; count++) {
    for (const encoding of ['base64', 'quoted-printable'] as const) {
      const outer = (content: Buffer): Buffer => part('application/ms-tnef; name=winmail.dat', content, encoding);
      const files = Contents.slice(0, count);
      yield {
        raw: mail('winmail', multipart('mixed', [plain('own'), outer(file(count, text))])),
        attachments: files,
        text: 'own',
      };
      yield { raw: mail('winmail', outer(file(count, text))), attachments: files, text: 'Text of Outlook' };
    }
  }
}

const Zones = [
  'DTSTART;TZID=Europe/Berlin:20261123T100000',
  'DTSTART;TZID=W. Europe Standard Time:20261123T100000',
  'DTSTART:20261123T090000Z',
  'DTSTART:20261123T100000',
  'DTSTART;VALUE=DATE:20261123',
];

const Patterns = [
  'X-NONE:1',
  'RRULE:FREQ=DAILY',
  'RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5',
  'RRULE:FREQ=MONTHLY;BYDAY=-1FR',
  'RRULE:FREQ=YEARLY;UNTIL=20300101T000000Z',
  'RECURRENCE-ID:20261122T090000Z',
];

const Methods: readonly (readonly [method: string, answer: string, name: string])[] = [
  ['REQUEST', 'NEEDS-ACTION', 'Request'],
  ['CANCEL', 'NEEDS-ACTION', 'Canceled'],
  ['REPLY', 'ACCEPTED', 'Resp.Pos'],
  ['REPLY', 'DECLINED', 'Resp.Neg'],
  ['REPLY', 'TENTATIVE', 'Resp.Tent'],
  ['COUNTER', 'TENTATIVE', 'Resp.Tent'],
];

export function* meetings(): Iterable<Made> {
  for (const [method, answer, name] of Methods) {
    for (const start of Zones) {
      for (const [i, pattern] of Patterns.entries()) {
        const calendar = [
          ...['BEGIN:VCALENDAR', 'VERSION:2.0', `METHOD:${method}`, 'BEGIN:VEVENT', `UID:${i}@example.test`, start],
          ...[
            'DTSTAMP:20261120T080000Z',
            'DURATION:PT1H',
            pattern,
            'SUMMARY:Besprechung über alles',
            'LOCATION:Büro 5',
          ],
          ...[
            'ORGANIZER;CN=Carl:mailto:carl@example.test',
            `ATTENDEE;PARTSTAT=${answer};RSVP=TRUE:mailto:anna@example.test`,
          ],
          ...['BEGIN:VALARM', 'TRIGGER:-PT15M', 'ACTION:DISPLAY', 'END:VALARM', 'END:VEVENT', 'END:VCALENDAR', ''],
        ].join('\r\n');
        const leaf = part(`text/calendar; charset=utf-8; method=${method}`, calendar, Encodings[i % 3]);
        const raw = mail('meeting', i % 2 === 0 ? multipart('alternative', [plain('please'), leaf]) : leaf);
        yield { raw, messageClass: `IPM.Schedule.Meeting.${name}`, attachments: [] };
      }
    }
  }
}

export function* threads(): Iterable<Made> {
  const ids: string[] = [];
  for (let i = 0; i < 40; i++) {
    const references = ids.length === 0 ? 'X-First: 1' : `References: ${ids.join('\r\n ')}`;
    ids.push(`<m${i}@example.test>`);
    yield { raw: mail('Re: thread', plain(`${i}`), `Message-ID: <m${i}@example.test>`, references), attachments: [] };
  }
}
