import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  findPart,
  fromImapStructure,
  type ImapStructure,
  type LocatedPart,
  leavesOf,
  MaxDashLines,
  MaxDepth,
  MaxParts,
  type MimePart,
  parseStructure,
} from '../../../../backends/convert/mail/structure.ts';
import { latin1, message, partsOf, timeOf, utf8 } from './support.ts';

const outline = (part: MimePart): string =>
  part.children === undefined
    ? `${part.part}:${part.type}`
    : `${part.part}:${part.type}(${part.children.map(outline).join(' ')})`;

const bodyText = (raw: Uint8Array, part: LocatedPart): string =>
  Buffer.from(raw.subarray(part.bodyStart, part.end)).toString('latin1');

const nested = message(
  'Content-Type: multipart/mixed; boundary="out er"',
  'Subject: nested',
  '',
  'preamble',
  '--out er',
  'Content-Type: multipart/alternative; boundary=inner',
  '',
  '--inner',
  '',
  'plain',
  '--inner',
  'Content-Type: TEXT/HTML; charset=utf-8',
  'Content-Transfer-Encoding: Quoted-Printable',
  '',
  '<p>html</p>',
  '--inner--',
  'epilogue',
  '--out er  ',
  'Content-Type: message/rfc822',
  '',
  'Subject: =?utf-8?q?J=C3=BCrgen?=',
  'Content-Type: multipart/mixed; boundary=deep',
  '',
  '--deep',
  '',
  'deep',
  '--deep--',
  '--out er',
  'Content-Type: image/png; name=a.png',
  'Content-Transfer-Encoding: base64',
  'Content-Disposition: inline; filename=b.png',
  'Content-ID: <pic@x>',
  'Content-Description: a picture',
  'Content-Location: http://x.org/a.png',
  '',
  'iVBORw0KGgo=',
  '--out er--',
  'the end',
);

describe('parseStructure', () => {
  const { structure, headers } = parseStructure(nested);

  test('numbers parts as IMAP does and takes embedded messages whole', () => {
    expect(outline(structure)).toBe(
      ':multipart/mixed(1:multipart/alternative(1.1:text/plain 1.2:text/html) 2:message/rfc822 3:image/png)',
    );
    expect(headers.get('subject')).toBe('nested');
  });

  test('offsets slice back to the parts', () => {
    const text = (part: string): string => bodyText(nested, findPart(structure, part) as LocatedPart);
    expect(text('1.1')).toBe('plain');
    expect(text('1.2')).toBe('<p>html</p>');
    expect(text('2')).toMatch(/^Subject: [\s\S]*--deep--$/);
    expect(text('3')).toBe('iVBORw0KGgo=');
  });

  test('reads what describes a part', () => {
    expect(findPart(structure, '3')).toMatchObject({
      encoding: 'base64',
      size: 12,
      disposition: 'inline',
      dispositionParameters: { filename: 'b.png' },
      parameters: { name: 'a.png' },
      id: 'pic@x',
      description: 'a picture',
      location: 'http://x.org/a.png',
    });
    expect(findPart(structure, '1.2')).toMatchObject({
      encoding: 'quoted-printable',
      parameters: { charset: 'utf-8' },
    });
    expect(findPart(structure, '2')).toMatchObject({ subject: 'Jürgen', encoding: '7bit' });
    expect(findPart(structure, '4')).toBeUndefined();
  });

  test.each<[string, string, string]>([
    ['a single part', 'Content-Type: text/html\r\n\r\n<p>', '1:text/html'],
    ['no Content-Type', 'Subject: x\r\n\r\nhello', '1:text/plain'],
    ['a Content-Type that is none', 'Content-Type: text\r\n\r\nhello', '1:text/plain'],
    ['nothing', '', '1:text/plain'],
    ['a multipart without boundary', 'Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\na', '1:text/plain'],
    ['a multipart without parts', 'Content-Type: multipart/mixed; boundary=x\r\n\r\nhello', '1:text/plain'],
    [
      'bare LF',
      'Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x\n\nb\n--x--\n',
      ':multipart/mixed(1:text/plain 2:text/plain)',
    ],
    [
      'no closing delimiter',
      'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na',
      ':multipart/mixed(1:text/plain)',
    ],
    [
      'an inner part that is never closed',
      'Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/related; boundary=y\n\n--y\n\na\n--x\n\nb\n--x--',
      ':multipart/mixed(1:multipart/related(1.1:text/plain) 2:text/plain)',
    ],
    [
      'a part that ends within its header',
      'Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html\n--x\n\nb\n--x--',
      ':multipart/mixed(1:text/html 2:text/plain)',
    ],
    [
      'a boundary that begins another',
      'Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--xy\nb\n--x--',
      ':multipart/mixed(1:text/plain)',
    ],
    [
      'an inner boundary equal to the outer one',
      'Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x--',
      ':multipart/mixed(1:application/octet-stream 2:text/plain)',
    ],
    [
      'a boundary that ends in dashes',
      'Content-Type: multipart/mixed; boundary=x--\n\n--x--\n\na\n--x----',
      ':multipart/mixed(1:text/plain)',
    ],
  ])('%s', (_, raw, expected) => {
    expect(outline(parseStructure(utf8(raw)).structure)).toBe(expected);
  });

  test('the line end before a delimiter is no part of the body', () => {
    const raw = utf8('Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\na\r\n\r\n--x\r\n\r\n--x--');
    expect(leavesOf(parseStructure(raw).structure).map((part) => bodyText(raw, part as LocatedPart))).toEqual([
      'a\r\n',
      '',
    ]);
  });

  test(`multiparts deeper than ${MaxDepth} and parts beyond ${MaxParts} are not taken apart`, () => {
    const deep = Array.from(
      { length: 100 },
      (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n`,
    ).join('');
    const leaves = leavesOf(parseStructure(utf8(deep)).structure);
    expect(leaves).toHaveLength(1);
    expect(leaves[0]?.part.split('.')).toHaveLength(MaxDepth);
    const many = utf8(`Content-Type: multipart/mixed; boundary=x\n\n${'--x\n\na\n'.repeat(5_000)}`);
    const parts = leavesOf(parseStructure(many).structure) as LocatedPart[];
    expect(parts.length).toBeLessThanOrEqual(MaxParts);
    expect(parts.at(-1)?.end).toBe(many.length);
  });

  test(`after ${MaxDashLines} lines of dashes the rest is body`, () => {
    const raw = utf8(`Content-Type: multipart/mixed; boundary=x\n\n--x\n\n${'--y\n'.repeat(MaxDashLines)}--x\n\nb`);
    expect(leavesOf(parseStructure(raw).structure)).toHaveLength(1);
  });

  test('no bytes crash it, and parts lie within each other', () => {
    const Piece = fc.constantFrom(
      'Content-Type: multipart/mixed; boundary=x\n',
      'Content-Type: multipart/alternative; boundary="y"\r\n',
      'Content-Type: message/rfc822\n',
      '\n',
      '\r\n',
      '--x\n',
      '--x--\n',
      '--y\r\n',
      '--y--',
      'text\n',
      '\r',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(Piece, { maxLength: 40 }).map((all) => utf8(all.join(''))),
          fc.uint8Array(),
        ),
        (raw) => {
          const root = parseStructure(raw).structure;
          for (const part of partsOf(root)) {
            expect(part.headerStart).toBeLessThanOrEqual(part.bodyStart);
            expect(part.bodyStart).toBeLessThanOrEqual(part.end);
            expect(part.end).toBeLessThanOrEqual(raw.length);
            for (const child of part.children ?? []) expect(child.headerStart).toBeGreaterThanOrEqual(part.bodyStart);
          }
          const leaves = leavesOf(root) as LocatedPart[];
          for (let i = 1; i < leaves.length; i++) {
            expect(leaves[i]?.headerStart).toBeGreaterThanOrEqual(leaves[i - 1]?.end as number);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('what is put together comes apart again', () => {
    const Body = fc.stringMatching(/^[ -,.-~\r\n]{0,60}$/);
    fc.assert(
      fc.property(fc.array(Body, { minLength: 1, maxLength: 6 }), (bodies) => {
        const raw = latin1(
          `Content-Type: multipart/mixed; boundary=bb\r\n\r\n${bodies.map((body) => `--bb\r\n\r\n${body}\r\n`).join('')}--bb--\r\n`,
        );
        expect(leavesOf(parseStructure(raw).structure).map((part) => bodyText(raw, part as LocatedPart))).toEqual(
          bodies,
        );
      }),
    );
  });

  test('10 MB of anything take less than 250 ms of processor time', () => {
    const head = 'Content-Type: multipart/mixed; boundary=x\r\n\r\n';
    const pieces = [
      '--x\r\n',
      '--y\r\n',
      '--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n',
      '\n',
      'a: b\n',
      '-',
    ];
    for (const piece of pieces) {
      const raw = latin1(head + piece.repeat(10_000_000 / piece.length));
      expect(timeOf(() => parseStructure(raw), 250)).toBeLessThan(250);
    }
  });
});

describe('fromImapStructure', () => {
  test('gives the shape that parseStructure gives', () => {
    const imap: ImapStructure = {
      type: 'multipart/mixed',
      parameters: { boundary: 'x' },
      childNodes: [
        { part: '1', type: 'text/plain', parameters: { charset: 'utf-8' }, encoding: '8BIT', size: 5 },
        {
          part: '2',
          type: 'message/rfc822',
          size: 50,
          envelope: { subject: 'inner' },
          childNodes: [{ part: '2', type: 'text/plain', size: 3 }],
        },
        { part: '3', type: 'image/png', id: ' <pic@x> ', disposition: 'INLINE', encoding: 'base64', size: 12 },
      ],
    };
    const root = fromImapStructure(imap);
    expect(outline(root)).toBe(':multipart/mixed(1:text/plain 2:message/rfc822 3:image/png)');
    expect(root.children?.[0]).toMatchObject({ encoding: '8bit', size: 5, parameters: { charset: 'utf-8' } });
    expect(root.children?.[1]).toMatchObject({ subject: 'inner', children: undefined, encoding: '7bit' });
    expect(root.children?.[2]).toMatchObject({ id: 'pic@x', disposition: 'inline' });
  });

  test('a single part is section 1', () => {
    expect(fromImapStructure({ type: 'text/plain', size: 1 }).part).toBe('1');
  });

  test('endless nesting ends', () => {
    let node: ImapStructure = { type: 'text/plain' };
    for (let i = 0; i < 1_000; i++) node = { type: 'multipart/mixed', childNodes: [node] };
    expect(leavesOf(fromImapStructure(node))).toHaveLength(1);
  });
});

test('parts of a digest are messages unless they say otherwise (RFC 2046, 5.1.5)', () => {
  const raw = message(
    ...['Content-Type: multipart/digest; boundary=x', '', '--x', '', 'Subject: one', '', '1'],
    ...['--x', 'Content-Type: text/plain', '', '2', '--x--'],
  );
  expect(parseStructure(raw).structure.children).toMatchObject([
    { part: '1', type: 'message/rfc822', subject: 'one' },
    { part: '2', type: 'text/plain' },
  ]);
});
