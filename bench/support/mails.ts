/** Mixed mail as mailboxes hold it, made anew from a number: the same number gives the same bytes. */

/** A source of numbers from 0 up to 1, the same for the same seed (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const Words =
  'the offer for Düsseldorf is attached please look at page four before Thursday we need müde Grüße answer order number invoice Straße delivery until quarter figures meeting room moved thank you all best weiß contract signature draft version eleven customer asked again whether price holds naïve café train leaves early team lunch summer plan budget hours project'.split(
    ' ',
  );
const People = ['Ärpád Müller', 'Jana Weiß', 'Bob Stone', 'Zoë Quick', 'Ops Team', 'Frédéric Lac', 'Ida Berg'];

/** Draws that one mail is made with. */
interface Draw {
  readonly random: () => number;
  below(limit: number): number;
  words(count: number): string;
}

const drawOf = (seed: number): Draw => {
  const random = seeded(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const words = (count: number): string =>
    Array.from({ length: count }, () => Words[below(Words.length)] ?? '').join(' ');
  return { random, below, words };
};

/** Text of about so many bytes in lines of a mail. */
const textOf = (draw: Draw, bytes: number): string =>
  Array.from({ length: Math.max(1, Math.round(bytes / 70)) }, () => draw.words(11)).join('\r\n');

/** HTML of about so many bytes, with the styles and tables of newsletters. */
const htmlOf = (draw: Draw, bytes: number): string => {
  const row = (): string =>
    `<tr><td class="c${draw.below(9)}" style="padding:${draw.below(20)}px"><p>${draw.words(14)} <b>${draw.words(2)}</b> <a href="https://example.net/${draw.below(1e9)}">${draw.words(2)}</a></p></td></tr>`;
  const rows: string[] = [];
  for (let length = 120; length < bytes; length += rows.at(-1)?.length ?? 0) rows.push(row());
  return `<html><head><style>p{margin:0}.c1{color:#333}</style></head><body><table>${rows.join('\r\n')}</table></body></html>`;
};

const base64Of = (bytes: Uint8Array | string): string =>
  Buffer.from(bytes as string)
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n');

/** Quoted-printable of UTF-8 text that has its line ends already. */
const quotedPrintableOf = (text: string): string =>
  text
    .split('\r\n')
    .map((line) =>
      Array.from(Buffer.from(line), (byte) =>
        byte < 32 || byte === 61 || byte > 126
          ? `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
          : String.fromCharCode(byte),
      )
        .join('')
        .replace(/(.{70}[^=]{0,3})(?=.)/g, '$1=\r\n'),
    )
    .join('\r\n');

/** Bytes without structure, such as those of a photo. */
const noise = (draw: Draw, length: number): Uint8Array => {
  const bytes = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < bytes.length; i++) bytes[i] = draw.below(2 ** 32);
  return new Uint8Array(bytes.buffer, 0, length);
};

const part = (headers: readonly string[], body: string): string => `${headers.join('\r\n')}\r\n\r\n${body}`;

const multipart = (subtype: string, boundary: string, parts: readonly string[]): string =>
  part(
    [`Content-Type: multipart/${subtype}; boundary="${boundary}"`],
    `${parts.map((each) => `--${boundary}\r\n${each}\r\n`).join('')}--${boundary}--`,
  );

const plainPart = (draw: Draw, bytes: number): string =>
  part(
    ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable'],
    quotedPrintableOf(textOf(draw, bytes)),
  );

const htmlPart = (draw: Draw): string => {
  const html = htmlOf(draw, 1000 + draw.below(31_000));
  const type = 'Content-Type: text/html; charset=utf-8';
  return draw.random() < 0.5
    ? part([type, 'Content-Transfer-Encoding: quoted-printable'], quotedPrintableOf(html))
    : part([type, 'Content-Transfer-Encoding: base64'], base64Of(html));
};

const attachmentPart = (draw: Draw, bytes: number): string =>
  part(
    [
      'Content-Type: application/pdf; name="=?utf-8?Q?Angebot_f=C3=BCr_M=C3=BCnchen.pdf?="',
      "Content-Disposition: attachment; filename*=utf-8''Angebot%20f%C3%BCr%20M%C3%BCnchen.pdf",
      'Content-Transfer-Encoding: base64',
    ],
    base64Of(noise(draw, bytes)),
  );

const imagePart = (draw: Draw): string =>
  part(
    [
      'Content-Type: image/png; name="logo.png"',
      'Content-ID: <logo@example.net>',
      'Content-Disposition: inline; filename="logo.png"',
      'Content-Transfer-Encoding: base64',
    ],
    base64Of(noise(draw, 2000 + draw.below(20_000))),
  );

const alternative = (draw: Draw): string =>
  multipart('alternative', 'alt', [plainPart(draw, 300 + draw.below(2000)), htmlPart(draw)]);

/** Kinds of mail and how many of a hundred are of each. */
const Kinds: readonly { readonly share: number; readonly make: (draw: Draw) => string }[] = [
  { share: 28, make: (draw) => plainPart(draw, 200 + draw.below(6000)) },
  { share: 12, make: (draw) => htmlPart(draw) },
  { share: 38, make: alternative },
  {
    share: 14,
    make: (draw) => multipart('mixed', 'mix', [alternative(draw), attachmentPart(draw, 5000 + draw.below(150_000))]),
  },
  { share: 8, make: (draw) => multipart('related', 'rel', [htmlPart(draw), imagePart(draw)]) },
];

const kindOf = (draw: Draw): ((draw: Draw) => string) => {
  let left = draw.random() * 100;
  for (const { share, make } of Kinds) {
    left -= share;
    if (left < 0) return make;
  }
  return (small) => plainPart(small, 200);
};

const encodedWord = (text: string): string => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;

/** Header fields; every third mail answers an earlier one. */
const headerOf = (draw: Draw, index: number): string => {
  const from = People[index % People.length] ?? '';
  const earlier = index - 1 - draw.below(5);
  const isReply = index % 3 === 0 && earlier >= 0;
  return [
    `Received: from mx.example.net by mail.example.org with ESMTPS id ${index}; ${dateOf(index)}`,
    `From: ${encodedWord(from)} <person${index % People.length}@example.net>`,
    'To: Anna Example <anna@example.org>, "Ben, Jr." <ben@example.org>',
    `Subject: ${encodedWord(`${isReply ? 'Re: ' : ''}${draw.words(2 + draw.below(5))}`)}`,
    `Date: ${dateOf(index)}`,
    `Message-ID: <bench-${index}@example.net>`,
    ...(isReply ? [`In-Reply-To: <bench-${earlier}@example.net>`, `References: <bench-${earlier}@example.net>`] : []),
    'MIME-Version: 1.0',
  ].join('\r\n');
};

const dateOf = (index: number): string => new Date(Date.UTC(2026, 0, 5) + index * 600_000).toUTCString();

/** One mixed mail: text, HTML to 32 kB, attachments to 155 kB, inline images, umlauts, threads. */
export const mixedMail = (index: number): Uint8Array => {
  const draw = drawOf(index * 7919 + 1);
  return Buffer.from(`${headerOf(draw, index)}\r\n${kindOf(draw)(draw)}\r\n`);
};

/** A short mail. */
export const smallMail = (index: number, subject = `Mail ${index}`): Uint8Array =>
  Buffer.from(
    [
      'From: World <world@example.net>',
      'To: Anna <anna@example.org>',
      `Subject: ${subject}`,
      `Date: ${dateOf(index)}`,
      `Message-ID: <small-${index}@example.net>`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'One line of text.',
      '',
    ].join('\r\n'),
  );

/** A mail with one attachment of so many bytes. */
export const largeMail = (index: number, bytes: number): Uint8Array => {
  const draw = drawOf(index);
  const body = multipart('mixed', 'mix', [plainPart(draw, 1000), attachmentPart(draw, bytes)]);
  return Buffer.from(`${headerOf(draw, index)}\r\n${body}\r\n`);
};

/** A mail whose HTML is made to cost: deep nesting, unclosed tags, entities and comments without end. */
export const hostileMail = (index: number, bytes: number): Uint8Array => {
  const draw = drawOf(index);
  const shapes = ['<div><span><b>', '<!-- ', '&#x41;&auml;&', '<a href="', "<p style='x", '<table><tr><td>', '</div>'];
  const pieces: string[] = ['<html><body>'];
  for (let length = 0; length < bytes; ) {
    const piece = (shapes[draw.below(shapes.length)] ?? '').repeat(1 + draw.below(200));
    pieces.push(piece, '\r\n');
    length += piece.length + 2;
  }
  const body = part(['Content-Type: text/html; charset=utf-8', 'Content-Transfer-Encoding: 8bit'], pieces.join(''));
  return Buffer.from(`${headerOf(draw, index)}\r\n${body}\r\n`);
};
