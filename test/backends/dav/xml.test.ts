import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeXml } from '../../../backends/dav/names.ts';
import { child, textOf, type XmlElement, XmlError, XmlReader } from '../../../backends/dav/xml.ts';

const read = (pieces: readonly string[], textLimit = 1_000_000) => {
  const elements: XmlElement[] = [];
  const reader = new XmlReader({ onElement: (element) => elements.push(element), textLimit });
  for (const piece of pieces) reader.write(piece);
  reader.end();
  return { elements, rootName: reader.rootName };
};

/** The only child of the outermost element. */
const only = (text: string, textLimit?: number): XmlElement => {
  const [element] = read([text], textLimit).elements;
  if (element === undefined) throw new Error('nothing was read');
  return element;
};

describe('names', () => {
  test('follow namespaces, whatever the prefixes', () => {
    const text = `<?xml version="1.0"?><x:multistatus xmlns:x="DAV:"><response xmlns="DAV:"><href>/a</href>
      <c xmlns='urn:ietf:params:xml:ns:caldav'/><q xmlns="urn:other"/><x:plain/></response></x:multistatus>`;
    const { elements, rootName } = read([text]);
    expect(rootName).toBe('D:multistatus');
    expect(elements[0]?.name).toBe('D:response');
    expect(elements[0]?.children.map(({ name }) => name)).toEqual(['D:href', 'C:c', '{urn:other}q', 'D:plain']);
    expect(textOf(elements[0], 'D:href')).toBe('/a');
  });

  test('without a namespace have an empty one', () => {
    expect(only('<a><b/></a>').name).toBe('{}b');
  });
});

describe('text', () => {
  test('is decoded: entities, characters by number, CDATA; comments and instructions are none', () => {
    const text =
      '<r><t>a &lt;b&gt; &amp;amp; &quot;&apos; &#13;&#x1F600;<![CDATA[<raw> &amp;]]><!-- no --><?no?>z</t></r>';
    expect(only(text).text).toBe('a <b> &amp; "\' \r😀<raw> &amp;z');
  });

  test('keeps line ends and blanks', () => {
    expect(only('<r><t> a\r\nb\n </t></r>').text).toBe(' a\r\nb\n ');
  });

  test('of attributes is decoded and may hold what ends tags', () => {
    expect(only(`<r><t a="1 &gt; 0 > '" b='"'/></r>`).attributes).toEqual(
      new Map([
        ['a', "1 > 0 > '"],
        ['b', '"'],
      ]),
    );
  });

  test('beyond the limit is cut, in this element only', () => {
    const { children } = only('<r><t><long>123456789</long><short>12345</short></t></r>', 5);
    expect(children.map(({ text, isCut }) => [text, isCut])).toEqual([
      ['12345', true],
      ['12345', false],
    ]);
  });

  test('comes back as it was escaped, however the answer is cut into pieces', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(60), { maxLength: 6 }), (value, cuts) => {
        // What XML cannot hold is left out by escapeXml.
        const plain = escapeXml(value).replace(/&(amp|lt|gt|quot);/g, '');
        const text = `<r><t a="x>y">${escapeXml(value)}</t><t><!-- > --><![CDATA[${plain.replaceAll(']]>', '')}]]></t></r>`;
        const places = [...cuts, text.length].sort((a, b) => a - b);
        const pieces = places.map((end, i) => text.slice(places[i - 1] ?? 0, end));
        const whole = read([text]).elements.map((element) => element.text);
        expect(read(pieces).elements.map((element) => element.text)).toEqual(whole);
        expect(read([...text]).elements.map((element) => element.text)).toEqual(whole);
      }),
    );
  });
});

describe('what is no XML, or none that a DAV server sends', () => {
  test.each([
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    ['an unknown entity', '<a><b>&nbsp;</b></a>'],
    ['a character that is none', '<a><b>&#x110000;</b></a>'],
    ['tags that do not match', '<a><b></a></b>'],
    ['an end too early', '<a><b>'],
    ['an end within a tag', '<a><b'],
    ['an end within CDATA', '<a><![CDATA[x'],
    ['more after the end', '<a/><b/>'],
    ['text around it', 'Not found'],
    ['a page', '<html><br><p></html>'],
    ['nothing', ''],
    ['a tag without a name', '<a>< b/></a>'],
    ['too many levels', `<a>${'<b>'.repeat(100)}`],
    ['an endless tag', `<a ${'x'.repeat(100_000)}`],
  ])('is refused: %s', (_, text) => {
    expect(() => read([text])).toThrow(XmlError);
  });

  test('any text is read or refused, and nothing else', () => {
    const piece = fc.constantFrom(
      '<a>',
      '</a>',
      '<b',
      '/>',
      '>',
      '&',
      '&amp;',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '"',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          read(pieces);
        } catch (error) {
          expect(error).toBeInstanceOf(XmlError);
        }
      }),
    );
  });
});

test('a child that is not there is none', () => {
  expect(child(undefined, 'D:href')).toBeUndefined();
  expect(textOf(only('<a><b/></a>'), 'D:href')).toBeUndefined();
});
