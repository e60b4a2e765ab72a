import type { CorpusMessage } from './messages.ts';
import { type Encoding, encoded, mail, multipart, part } from './writing.ts';

/** Generated messages: text, attachments and their names in every form in which programs write them. */

export type Made = Omit<CorpusMessage, 'raw' | 'name'> & { readonly raw: Buffer };

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

export const Encodings: readonly Encoding[] = ['8bit', 'quoted-printable', 'base64'];

/** Contents of attachments: empty, short, lines, every byte, longer than one look. */
export const Contents: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('%PDF-1.7\r\n'),
  Buffer.from('one\r\ntwo\r\n\r\n--not a boundary\r\n.\r\nFrom here on\r\n'),
  Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7919) % 251)),
];

/** Bytes that line-based mail cannot carry unencoded. */
const isBinary = (content: Buffer): boolean =>
  content.some((byte) => byte === 0 || byte > 0x7f) || content.length > 5_000;

export const plain = (text: string): Buffer => part('text/plain; charset=utf-8', text, '8bit');
export const attached = (content: Buffer, encoding: Encoding, name = 'plan.pdf', type = 'application/pdf'): Buffer =>
  part(`${type}; name="${name}"`, content, encoding, `Content-Disposition: attachment; filename="${name}"`);

export function* bodies(): Iterable<Made> {
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

export function* sizes(): Iterable<Made> {
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

export function* flowed(): Iterable<Made> {
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

export function* attachments(): Iterable<Made> {
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

export function* names(): Iterable<Made> {
  for (const name of Names) {
    for (const style of NameStyles) {
      const file = part('application/octet-stream', Contents[3] as Buffer, 'base64', style(name));
      yield { raw: mail('names', multipart('mixed', [plain('named'), file])), attachments: [Contents[3] as Buffer] };
    }
  }
}

export function* inline(): Iterable<Made> {
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
