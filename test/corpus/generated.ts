import * as tnef from '../backends/convert/mail/tnef-writer.ts';
import { Chance } from '../support/chance.ts';
import type { CorpusMessage } from './messages.ts';
import { type Encoding, encoded, mail, multipart, part } from './writing.ts';

/** Generated messages: every feature of mail in every combination that programs write. */

type Made = Omit<CorpusMessage, 'raw' | 'name'> & { readonly raw: Buffer };

/** Charsets as they are declared, what they really are, and a text in them. */
const Texts: readonly (readonly [declared: string, real: string, text: string])[] = [
  ['utf-8', 'utf8', 'Grüße, Привет, 你好, €, 😀'],
  ['us-ascii', 'utf8', 'declared wrongly: Grüße'],
  ['iso-8859-1', 'utf8', 'declared wrongly: Привет'],
  ['x-unknown', 'utf8', 'no such charset: Grüße'],
  ['us-ascii', 'ascii', 'nothing but ASCII'],
  ['iso-8859-1', 'windows-1252', '“Anführung” für 5 €'],
  ['iso-8859-15', 'iso-8859-15', 'Œuvre für 5 €'],
  ['windows-1252', 'windows-1252', 'naïve café – “yes”'],
  ['iso-8859-2', 'iso-8859-2', 'Zażółć gęślą jaźń'],
  ['windows-1250', 'windows-1250', 'Příliš žluťoučký kůň'],
  ['iso-8859-9', 'windows-1254', 'Pijamalı hasta yağız şoföre'],
  ['koi8-r', 'koi8-r', 'Съешь ещё этих мягких французских булок'],
  ['koi8-u', 'koi8-u', 'Їжак і єнот'],
  ['windows-1251', 'windows-1251', 'Съешь же ещё'],
  ['iso-8859-7', 'iso-8859-7', 'Ξεσκεπάζω'],
  ['iso-8859-8-i', 'iso-8859-8', 'דג סקרן'],
  ['windows-1256', 'windows-1256', 'نص حكيم'],
  ['gb2312', 'gbk', '朱镕基你好'],
  ['gb18030', 'gb18030', '你好，世界'],
  ['big5', 'big5', '你好世界'],
  ['shift_jis', 'shift_jis', 'こんにちは世界'],
  ['euc-jp', 'euc-jp', 'こんにちは世界'],
  ['euc-kr', 'euc-kr', '안녕하세요'],
  ['ks_c_5601-1987', 'cp949', '안녕 똠방각하'],
  ['tis-620', 'windows-874', 'สวัสดี'],
  ['utf-7', 'utf-7', 'Grüße'],
  ['macintosh', 'macintosh', 'Grüße'],
  ['cp850', 'cp850', 'Grüße'],
];

const Encodings: readonly Encoding[] = ['8bit', 'quoted-printable', 'base64'];

/** Contents of attachments: empty, short, lines, every byte, longer than one look. */
const Contents: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('%PDF-1.7\r\n'),
  Buffer.from('one\r\ntwo\r\n\r\n--not a boundary\r\n.\r\nFrom here on\r\n'),
  Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 251)),
];

/** Bytes that line-based mail cannot carry unencoded. */
const isBinary = (content: Buffer): boolean =>
  content.some((byte) => byte === 0 || byte > 0x7f) || content.length > 5_000;

const plain = (text: string): Buffer => part('text/plain; charset=utf-8', text, '8bit');
const attached = (content: Buffer, encoding: Encoding, name = 'plan.pdf', type = 'application/pdf'): Buffer =>
  part(`${type}; name="${name}"`, content, encoding, `Content-Disposition: attachment; filename="${name}"`);

function* bodies(): Iterable<Made> {
  for (const [declared, real, text] of Texts) {
    for (const encoding of Encodings) {
      yield {
        raw: mail('text', part(`text/plain; charset="${declared}"`, encoded(text, real), encoding)),
        text,
        attachments: [],
      };
      const html = `<html><head><title>x</title></head><body><p>${text}</p></body></html>`;
      yield {
        raw: mail('html', part(`text/html; charset=${declared}`, encoded(html, real), encoding)),
        text,
        attachments: [],
      };
    }
    const forms = [
      part(`text/plain; charset=${declared}`, encoded(text, real), 'base64'),
      part(`text/html; charset=${declared}`, encoded(`<p>${text}</p>`, real), 'quoted-printable'),
    ];
    yield { raw: mail('both', multipart('alternative', forms)), text, attachments: [] };
  }
}

function* sizes(): Iterable<Made> {
  for (const size of [0, 1, 255, 256, 511, 512, 8_191, 8_192, 8_193, 50_000, 120_000]) {
    const line = 'äbcdefghi klmnopqrs\r\n';
    const text = line.repeat(Math.ceil(size / line.length)).slice(0, size);
    yield { raw: mail('size', plain(text)), attachments: [], text: text.slice(0, 20).trimEnd() };
    yield { raw: mail('size', part('text/html; charset=utf-8', `<p>${text}</p>`, 'base64')), attachments: [] };
  }
}

const Flowed: readonly (readonly [source: string, text: string])[] = [
  ['One line that \r\ngoes on.\r\nAnother.', 'One line that goes on.\r\nAnother.'],
  ['> quoted and \r\n> more\r\nmine', '> quoted and more\r\nmine'],
  [' From is stuffed\r\n >as is this', 'From is stuffed\r\n>as is this'],
  ['text\r\n-- \r\nAnna', 'text\r\n-- \r\nAnna'],
  ['>> deep \r\n>> er\r\n> less', '>> deep er\r\n> less'],
];

function* flowed(): Iterable<Made> {
  for (const [source, text] of Flowed) {
    for (const encoding of ['7bit', 'quoted-printable', 'base64'] as const) {
      yield {
        raw: mail('flowed', part('text/plain; charset=utf-8; format=flowed', source, encoding)),
        text,
        attachments: [],
      };
    }
  }
  const delSp = part('text/plain; charset=utf-8; format=Flowed; DelSp=Yes', '日本 \r\n語', '8bit');
  yield { raw: mail('delsp', delSp), text: '日本語', attachments: [] };
}

function* attachments(): Iterable<Made> {
  for (const [i, content] of Contents.entries()) {
    for (const encoding of ['7bit', ...Encodings] as const) {
      if (isBinary(content) && encoding !== 'base64' && encoding !== 'quoted-printable') continue;
      for (const type of [
        'application/pdf',
        'text/plain; charset=utf-8',
        'text/csv',
        'application/octet-stream',
        'image/png',
      ]) {
        const raw = multipart('mixed', [plain('see below'), attached(content, encoding, `file${i}`, type)]);
        yield { raw: mail('attached', raw), attachments: [content], text: 'see below' };
      }
      yield { raw: mail('alone', attached(content, encoding)), attachments: [content] };
      const many = [...Array(7).keys()].map((n) =>
        attached(Buffer.concat([content, Buffer.from([n])]), 'base64', `${n}.bin`),
      );
      yield {
        raw: mail('many', multipart('mixed', [plain('many'), ...many])),
        attachments: [...Array(7).keys()].map((n) => Buffer.concat([content, Buffer.from([n])])),
      };
    }
  }
}

const Names = [
  'plan.pdf',
  'Übersicht.pdf',
  'Résumé – 5 €.docx',
  'Отчёт.xlsx',
  '報告書.pdf',
  '😀.png',
  'a "b" \\c.txt',
  'a;b,c.txt',
  'x'.repeat(120),
];

const percent = (bytes: Buffer): string => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const word = (text: string, charset: string): string => `=?${charset}?B?${encoded(text, charset).toString('base64')}?=`;
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** How programs write names that are not ASCII. */
const NameStyles: readonly ((name: string) => string | Buffer)[] = [
  (name) => `Content-Disposition: attachment; filename*=utf-8''${percent(Buffer.from(name))}`,
  (name) => `Content-Disposition: attachment; filename="${word(name, 'utf-8')}"`,
  (name) => Buffer.from(`Content-Disposition: attachment; filename=${quoted(name)}`),
  (name) => {
    const pieces = percent(Buffer.from(name)).match(/(?:%..){1,20}/g) ?? [];
    return `Content-Disposition: attachment;\r\n ${pieces.map((piece, i) => `filename*${i}*=${i === 0 ? "utf-8''" : ''}${piece}`).join(';\r\n ')}`;
  },
  (name) => `Content-Description: x\r\nContent-Disposition: inline; filename=${word(name, 'utf-8')}`,
];

function* names(): Iterable<Made> {
  for (const name of Names) {
    for (const style of NameStyles) {
      const file = part('application/octet-stream', Contents[3] as Buffer, 'base64', style(name));
      yield { raw: mail('names', multipart('mixed', [plain('named'), file])), attachments: [Contents[3] as Buffer] };
    }
  }
}

function* inline(): Iterable<Made> {
  const picture = Contents[4] as Buffer;
  const html = part(
    'text/html; charset=utf-8',
    '<p>here</p><img src="cid:pic@x"><img src="pic.png">',
    'quoted-printable',
  );
  for (const id of [
    'Content-ID: <pic@x>',
    'Content-Location: pic.png',
    'Content-ID: <pic@x>\r\nContent-Location: pic.png',
  ]) {
    for (const disposition of [
      'Content-Disposition: inline',
      'Content-Disposition: inline; filename=pic.png',
      'X-None: 1',
    ]) {
      const image = part('image/png', picture, 'base64', id, disposition);
      const related = multipart('related', [html, image], ' type="text/html";');
      yield { raw: mail('inline', related), attachments: [picture], text: 'here' };
      const alternative = multipart('alternative', [plain('here'), related]);
      yield { raw: mail('inline', alternative), attachments: [picture], text: 'here' };
      const mixed = multipart('mixed', [alternative, attached(Contents[1] as Buffer, 'base64')]);
      yield { raw: mail('inline', mixed), attachments: [picture, Contents[1] as Buffer], text: 'here' };
    }
  }
}

function* reports(): Iterable<Made> {
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

function* secured(): Iterable<Made> {
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

function* embedded(): Iterable<Made> {
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

function* winmail(): Iterable<Made> {
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

function* meetings(): Iterable<Made> {
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

function* threads(): Iterable<Made> {
  const ids: string[] = [];
  for (let i = 0; i < 40; i++) {
    const references = ids.length === 0 ? 'X-First: 1' : `References: ${ids.join('\r\n ')}`;
    ids.push(`<m${i}@example.test>`);
    yield { raw: mail('Re: thread', plain(`${i}`), `Message-ID: <m${i}@example.test>`, references), attachments: [] };
  }
}

/** What real mail gets wrong; whatever becomes of it, it must come. */
const Broken: readonly string[] = [
  '',
  '\r\n',
  'no header at all',
  'Subject: no end of header',
  'Subject: x\r\nContent-Type: multipart/mixed\r\n\r\nno boundary',
  'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nnever closed',
  'Content-Type: multipart/mixed; boundary=x\r\n\r\nno parts',
  'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x--\r\n',
  'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx\r\n----\r\n',
  'Content-Type: text/plain; charset=\r\n\r\nx',
  'Content-Type: x\r\n\r\nno type',
  'Content-Type: text/plain;;;\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\r\n#86)C\r\n`\r\nend\r\n',
  'Content-Transfer-Encoding: base64\r\n\r\n!!!!',
  'Content-Transfer-Encoding: quoted-printable\r\n\r\n=ZZ=',
  'Subject: =?utf-8?B?////?= =?x?Q?=ZZ?=\r\n\r\nx',
  'From: "never closed <a@b>\r\nTo: ,,;<>\r\n\r\nx',
  'Date: never\r\n\r\nx',
  `Subject: ${'x'.repeat(5_000)}\r\n\r\nx`,
  `References: ${'<a@b> '.repeat(900)}\r\n\r\nx`,
  `Content-Type: text/plain; name="${'n'.repeat(3_000)}"\r\n\r\nx`,
  'Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nx',
  'Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n',
  'Content-Type: application/ms-tnef\r\n\r\nno winmail',
  'Content-Type: text/calendar; method=REQUEST\r\n\r\nno calendar',
  'Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\n--x--\r\n',
  'Content-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n\r\n--x--\r\n',
];

function* broken(): Iterable<Made> {
  for (const text of Broken) yield { raw: Buffer.from(text) };
  for (const text of Broken.slice(3)) yield { raw: Buffer.from(text.replaceAll('\r\n', '\n')) };
  let deep = plain('deep');
  for (let i = 0; i < 40; i++) deep = multipart('mixed', [deep, attached(Buffer.from([i]), 'base64')]);
  yield { raw: mail('deep', deep) };
}

/** Whole messages with bytes changed, lost and doubled. */
function* damaged(whole: readonly Made[]): Iterable<Made> {
  const chance = new Chance(20_261_123);
  const below = (limit: number): number => chance.below(Math.max(1, limit));
  for (let i = 0; i < 200; i++) {
    let raw = Buffer.from((whole[below(whole.length)] as Made).raw.subarray(0, 4_000));
    for (let change = 0; change < 1 + below(6); change++) {
      const [from, length] = [below(raw.length), below(60)];
      const kind = below(3);
      if (kind === 0) raw = Buffer.concat([raw.subarray(0, from), raw.subarray(from + length)]);
      else if (kind === 1) raw = Buffer.concat([raw.subarray(0, from + length), raw.subarray(from)]);
      else raw[from] = below(256);
    }
    yield { raw };
  }
}

/** All generated messages, by feature and number. */
export const generatedMessages = (): CorpusMessage[] => {
  const features = {
    bodies,
    sizes,
    flowed,
    attachments,
    names,
    inline,
    reports,
    secured,
    embedded,
    winmail,
    meetings,
    threads,
    broken,
  };
  const made = Object.entries(features).flatMap(([name, make]) =>
    [...make()].map((one, i) => ({ name: `${name} ${i}`, ...one })),
  );
  return [...made, ...[...damaged(made)].map((one, i) => ({ name: `damaged ${i}`, ...one }))];
};
