import { Chance } from '../support/chance.ts';
import { embedded, meetings, reports, secured, threads, winmail } from './generated-kinds.ts';
import { attached, attachments, bodies, flowed, inline, type Made, names, plain, sizes } from './generated-shapes.ts';
import type { CorpusMessage } from './messages.ts';
import { mail, multipart } from './writing.ts';

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
