import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AirSync, ComposeMail, Find } from '../../../protocol/code-pages/index.ts';
import { bytesSource, readAll } from '../../../protocol/wbxml/bytes.ts';
import { WbxmlError } from '../../../protocol/wbxml/errors.ts';
import { skipElement } from '../../../protocol/wbxml/events.ts';
import { DefaultLimits, type WbxmlLimits, WindowSize } from '../../../protocol/wbxml/limits.ts';
import { WbxmlReader } from '../../../protocol/wbxml/reader.ts';
import { concat, fileLike, hex, utf8 } from './support.ts';

const Header = '03 01 6A 00';

/** Reads everything; one line an event. */
const trace = (bytes: Uint8Array, limits?: WbxmlLimits, source = bytesSource(bytes)): string[] => {
  const reader = new WbxmlReader(source, limits);
  const lines: string[] = [];
  for (let event = reader.next(); event !== 'done'; event = reader.next()) {
    if (event === 'start') lines.push(`<${reader.tag.name}${reader.hasContent ? '' : '/'}>`);
    else if (event === 'end') lines.push('</>');
    else lines.push(event === 'text' ? `text ${reader.text}` : `opaque ${readAll(reader.value)}`);
  }
  return lines;
};

const failure = (bytes: Uint8Array, limits?: WbxmlLimits): WbxmlError => {
  try {
    trace(bytes, limits);
  } catch (error) {
    if (error instanceof WbxmlError) return error;
    throw error;
  }
  throw new Error('the document was accepted');
};

const body = (text: string): Uint8Array => hex(`${Header} ${text}`);

describe('a well-formed document', () => {
  test('MS-ASWBXML_R655 gives tags, inline strings, opaque data and pages in turn', () => {
    expect(trace(body('45 5C 03 41 42 00 00 15 50 C3 03 01 00 FF 01 00 00 14 01 01'))).toEqual([
      '<AirSync:Sync>',
      '<AirSync:Collections>',
      'text AB',
      '<ComposeMail:Mime>',
      'opaque 1,0,255',
      '</>',
      '<AirSync:MoreAvailable/>',
      '</>',
      '</>',
    ]);
  });

  test('an element with the content bit and no content is a start and an end', () => {
    expect(trace(body('45 01'))).toEqual(['<AirSync:Sync>', '</>']);
  });

  test('an element without the content bit is a start alone, also as the root', () => {
    expect(trace(body('05'))).toEqual(['<AirSync:Sync/>']);
  });

  test.each(['01', '02', '03'])('version byte %s is accepted', (version) => {
    expect(trace(hex(`${version} 01 6A 00 05`))).toEqual(['<AirSync:Sync/>']);
  });

  test('undocumented tags are read', () => {
    expect(trace(body('5F 03 31 00 01'))).toEqual(['<AirSync:NotifyGUID>', 'text 1', '</>']);
  });

  test('the page stays across END and a switch before END is harmless', () => {
    expect(trace(body('45 00 11 46 00 00 01 00 00 0B 01'))).toEqual([
      '<AirSync:Sync>',
      '<AirSyncBase:Type>',
      '</>',
      '<AirSync:SyncKey/>',
      '</>',
    ]);
  });

  test('the last page and the last token of a page are known', () => {
    expect(trace(body('00 19 05'))).toEqual([`<${Find.Find.name}/>`]);
    expect(trace(body('00 0E 3B'))).toEqual(['<Provision:AccountOnlyRemoteWipe/>']);
  });

  test('skipElement leaves the events at the end of the element', () => {
    const reader = new WbxmlReader(bytesSource(body('45 5C 4F 0B 4B 03 31 00 01 01 01 14 01')));
    reader.next();
    reader.next();
    skipElement(reader);
    expect(reader.next()).toBe('start');
    expect(reader.tag).toBe(AirSync.MoreAvailable);
    skipElement(reader);
    expect([reader.next(), reader.next(), reader.next()]).toEqual(['end', 'done', 'done']);
  });

  test('a length may have leading zero groups', () => {
    expect(trace(body('00 15 50 C3 80 01 41 01'))).toEqual(['<ComposeMail:Mime>', 'opaque 65', '</>']);
  });

  test('a property without its event is a mistake of the caller', () => {
    expect(() => new WbxmlReader(bytesSource(body('05'))).tag).toThrow('no start yet');
  });
});

describe('text', () => {
  const textOf = (bytes: Uint8Array): string => {
    const reader = new WbxmlReader(bytesSource(concat([body('4B 03'), bytes, hex('00 01')])));
    reader.next();
    reader.next();
    return reader.text;
  };

  test.each([
    ['', ''],
    ['short', 'short'],
    ['Grüße 🎉', 'Grüße 🎉'],
    ['\ufeffmark', '\ufeffmark'],
    ['x'.repeat(25), 'x'.repeat(25)],
    ['ü'.repeat(1000), 'ü'.repeat(1000)],
  ])('%p is UTF-8', (text, expected) => {
    expect(textOf(utf8(text))).toBe(expected);
  });

  test.each([
    ['a stray continuation byte', '41 80 42', 'A\ufffdB'],
    ['a truncated sequence', '41 E2 82', 'A\ufffd'],
    ['an overlong form', 'C1 81', '\ufffd\ufffd'],
    ['a surrogate', 'ED A0 80', '\ufffd\ufffd\ufffd'],
    ['Latin-1', '47 72 FC DF 65', 'Gr\ufffd\ufffde'],
  ])('%s reads as U+FFFD, short or long', (_, bytes, expected) => {
    expect(textOf(hex(bytes))).toBe(expected);
    expect(textOf(concat([utf8('-'.repeat(30)), hex(bytes)]))).toBe('-'.repeat(30) + expected);
  });

  test('the bytes are there as they came', () => {
    const reader = new WbxmlReader(bytesSource(body('4B 03 FF FE 00 01')));
    reader.next();
    reader.next();
    expect([...readAll(reader.value)]).toEqual([0xff, 0xfe]);
  });

  test('an opaque value can be read as text', () => {
    const reader = new WbxmlReader(bytesSource(body('4B C3 02 C3 BC 01')));
    reader.next();
    expect(reader.next()).toBe('opaque');
    expect(reader.text).toBe('ü');
  });
});

describe('a malformed document', () => {
  test.each([
    ['nothing', '', 0, 'the document is empty'],
    ['version 1.0', '00 01 6A 00 05', 0, 'version byte 00'],
    ['version 1.4', '04 01 6A 00 05', 0, 'version byte 04'],
    ['public identifier in the string table', '03 00 00 6A 00 05', 1, 'the public identifier is 00'],
    ['another public identifier', '03 02 6A 00 05', 1, 'the public identifier is 02'],
    ['Latin-1', '03 01 04 00 05', 2, 'the character set is 04'],
    ['a string table', '03 01 6A 02 41 00 05', 3, 'the length of the string table is 02'],
    ['half a header', '03 01', 2, 'ends too early'],
    ['no root', '03 01 6A 00', 4, 'ends too early'],
  ])('%s is refused', (_, bytes, offset, problem) => {
    const error = failure(hex(bytes));
    expect(error.offset).toBe(offset);
    expect(error.problem).toContain(problem);
    expect(error.message).toBe(`WBXML at byte ${offset}: ${error.problem}`);
  });

  test.each([
    ['ENTITY', '45 02 81 20 01', 5, 'an entity (ENTITY)'],
    ['LITERAL', '45 04 00 01', 5, 'a literal tag (LITERAL)'],
    ['LITERAL_C', '44 00 01', 4, 'a literal tag (LITERAL_C)'],
    ['LITERAL_A', '84 00 01', 4, 'a literal tag (LITERAL_A)'],
    ['LITERAL_AC', 'C4 00 01', 4, 'a literal tag (LITERAL_AC)'],
    ['PI', '43 05 01', 4, 'a processing instruction (PI)'],
    ['STR_T', '45 83 00 01', 5, 'a reference to the string table'],
    ['EXT_I_0', '45 40 41 00 01', 5, 'an extension (EXT_I_0)'],
    ['EXT_I_1', '45 41 41 00 01', 5, 'an extension (EXT_I_1)'],
    ['EXT_I_2', '45 42 41 00 01', 5, 'an extension (EXT_I_2)'],
    ['EXT_T_0', '45 80 00 01', 5, 'an extension (EXT_T_0)'],
    ['EXT_T_1', '45 81 00 01', 5, 'an extension (EXT_T_1)'],
    ['EXT_T_2', '45 82 00 01', 5, 'an extension (EXT_T_2)'],
    ['EXT_0', '45 C0 01', 5, 'an extension (EXT_0)'],
    ['EXT_1', '45 C1 01', 5, 'an extension (EXT_1)'],
    ['EXT_2', '45 C2 01', 5, 'an extension (EXT_2)'],
    ['attributes', '85 05 01', 4, 'a tag with attributes'],
    ['attributes and content', 'C5 05 01 01', 4, 'a tag with attributes'],
  ])('MS-ASWBXML_R656 %s is refused by name', (_, bytes, offset, problem) => {
    const error = failure(body(bytes));
    expect(error.offset).toBe(offset);
    expect(error.problem).toContain(problem);
    expect(error.problem).toContain('ActiveSync does not use');
  });

  test.each([
    ['an unknown page', '00 1A 05', 5, 'no code page 26'],
    ['the last page number', '00 FF 05', 5, 'no code page 255'],
    ['an unknown token', '45 2A 01', 5, 'code page 0 has no token 2A'],
    ['an unknown token with content', '45 00 19 7F 01 01', 7, 'code page 25 has no token 3F'],
    ['a page switch at the end', '00', 5, 'ends too early'],
    ['END first', '01', 4, 'an END without an element'],
    ['text first', '03 41 00', 4, 'text outside the root element'],
    ['opaque first', 'C3 01 41', 4, 'a value outside the root element'],
    ['an open root', '45', 5, 'ends too early'],
    ['an open child', '45 5C 01', 7, 'ends too early'],
    ['text without its end', '4B 03 41 42', 6, 'ends within a string'],
    ['text without anything', '4B 03', 6, 'ends within a string'],
    ['opaque without its length', '4B C3', 6, 'ends too early'],
    ['opaque cut short', '4B C3 03 41 42', 5, 'ends within an opaque value'],
    ['opaque up to the end', '4B C3 02 41 42', 9, 'ends too early'],
    ['a length over 32 bits', '4B C3 90 80 80 80 00 01', 6, 'more than 32 bits'],
    ['a length of six bytes', '4B C3 80 80 80 80 80 01 41 01', 6, 'more than 32 bits'],
    ['trailing bytes', '45 01 00', 6, 'bytes follow the end'],
    ['a second root', '45 01 45 01', 6, 'bytes follow the end'],
    ['an END too many', '05 01', 5, 'bytes follow the end'],
  ])('%s is refused', (_, bytes, offset, problem) => {
    const error = failure(body(bytes));
    expect([error.offset, error.problem]).toEqual([offset, expect.stringContaining(problem)]);
  });

  test('the largest length is told from one that overflows', () => {
    const limits = { ...DefaultLimits, opaqueLength: Number.MAX_SAFE_INTEGER };
    expect(failure(body('4B C3 8F FF FF FF 7F 01'), limits).problem).toContain('ends within an opaque value');
  });

  test('every document cut short is refused', () => {
    const whole = body('45 5C 4F 4B 03 32 00 01 00 15 50 C3 02 41 42 01 01 01 01');
    expect(trace(whole)).toHaveLength(12);
    for (let length = 0; length < whole.length; length++) failure(whole.subarray(0, length));
  });
});

describe('limits', () => {
  const within = (change: Partial<WbxmlLimits>): WbxmlLimits => ({ ...DefaultLimits, ...change });

  /** Accepted at the limit, refused one below it. */
  const expectLimit = (name: keyof WbxmlLimits, value: number, bytes: Uint8Array): void => {
    expect(trace(bytes, within({ [name]: value }))).not.toHaveLength(0);
    expect(failure(bytes, within({ [name]: value - 1 })).problem).toContain(`(limit ${name})`);
  };

  test('depth counts open elements', () => {
    expectLimit('depth', 3, body('45 5C 4F 01 01 01'));
    expectLimit('depth', 3, body('45 5C 0F 0F 01 01'));
  });

  test('tokens counts tags, values and page switches', () => {
    expectLimit('tokens', 6, body('45 00 11 00 00 4B 03 31 00 01 14 01'));
  });

  test('textLength holds for one string, read in windows or not', () => {
    expectLimit('textLength', 5, body('45 4B 03 31 32 33 34 35 00 01 01'));
    expectLimit('textLength', 200_000, concat([body('4B 03'), utf8('x'.repeat(200_000)), hex('00 01')]));
  });

  test('a string that never ends is given up at textLength, not at the end of the document', () => {
    const source = fileLike(concat([body('4B 03'), new Uint8Array(1_000_000).fill(0x41)]));
    const reader = new WbxmlReader(source, within({ textLength: 1000 }));
    reader.next();
    expect(() => reader.next()).toThrow('(limit textLength)');
    expect(source.largestRead()).toBe(WindowSize);
  });

  test('textTotal holds for all strings together', () => {
    expectLimit('textTotal', 6, body('45 4B 03 31 32 33 00 01 4D 03 34 35 36 00 01 01'));
  });

  test('opaqueLength holds for one opaque value', () => {
    expectLimit('opaqueLength', 3, body('45 4B C3 03 31 32 33 01 01'));
  });

  test('an opaque value counts as text once it is read as text', () => {
    const read = (limits: WbxmlLimits, times: number): string => {
      const reader = new WbxmlReader(bytesSource(body('45 C3 03 31 32 33 C3 03 34 35 36 01')), limits);
      reader.next();
      let text = '';
      for (let i = 0; i < times; i++) {
        reader.next();
        text += reader.text + reader.text.slice(0, 0);
      }
      return text;
    };
    expect(read(within({ textLength: 3, textTotal: 6 }), 2)).toBe('123456');
    expect(() => read(within({ textLength: 2 }), 1)).toThrow('(limit textLength)');
    expect(() => read(within({ textTotal: 5 }), 2)).toThrow('(limit textTotal)');
  });

  test('the defaults take the largest window of items and the deepest documented path', () => {
    expect(DefaultLimits.tokens).toBeGreaterThanOrEqual(512 * 500);
    expect(DefaultLimits.depth).toBeGreaterThan(2 * 11);
  });

  test('a bomb of page switches is given up', () => {
    const bomb = new Uint8Array(2 * DefaultLimits.tokens + 100);
    bomb.set(hex(`${Header} 45`));
    expect(failure(bomb).problem).toContain('(limit tokens)');
  });

  test('a bomb of nested elements is given up', () => {
    expect(failure(concat([hex(Header), new Uint8Array(1_000_000).fill(0x45)])).problem).toContain('(limit depth)');
  });
});

describe('windows', () => {
  test('a value behind a large opaque is found, and the opaque is never read', () => {
    const size = 5_000_000;
    const source = fileLike(
      concat([body('00 15 45 50 C3 82 B1 96 40'), new Uint8Array(size), hex('01 51 03 41 00 01 01')]),
    );
    const reader = new WbxmlReader(source);
    const events = [reader.next(), reader.next(), reader.next()];
    const mime = reader.value;
    events.push(reader.next(), reader.next(), reader.next());
    expect(events).toEqual(['start', 'start', 'opaque', 'end', 'start', 'text']);
    expect([reader.tag, reader.text]).toEqual([ComposeMail.ClientId, 'A']);
    expect([mime.length, mime.read(size - 1, size).length]).toEqual([size, 1]);
    expect(source.largestRead()).toBe(WindowSize);
  });

  test('the text of an earlier window can still be read', () => {
    const text = 'y'.repeat(3 * WindowSize);
    const reader = new WbxmlReader(fileLike(concat([body('4B 03'), utf8(text), hex('00 01')])));
    reader.next();
    reader.next();
    expect(reader.text).toBe(text);
  });

  test('any border between windows gives the same events', () => {
    const tail = body('45 5C 4F 4B 03 C3 BC 32 00 01 00 15 50 C3 02 41 42 01 00 00 14 01 01 01').subarray(4);
    const sample = concat([hex(Header), tail]);
    const expected = trace(sample);
    for (let shift = 0; shift <= tail.length; shift++) {
      // A string in front moves the border of the first window through the rest.
      const padding = utf8('p'.repeat(WindowSize - 8 - shift));
      const moved = concat([hex(`${Header} 45 03`), padding, hex('00'), tail, hex('01')]);
      expect(trace(moved, undefined, fileLike(moved)).slice(2, -1)).toEqual(expected);
    }
  });
});

test('random bytes give events or a WbxmlError, nothing else', () => {
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => concat([hex(`${Header} 45`), bytes])),
    fc
      .array(fc.constantFrom(0x00, 0x01, 0x03, 0xc3, 0x45, 0x05, 0x4b, 0x41, 0x11, 0x02), { maxLength: 60 })
      .map((bytes) => concat([hex(`${Header} 45`), Uint8Array.from(bytes)])),
  );
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      try {
        expect(trace(bytes).length).toBeLessThanOrEqual(2 * bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(WbxmlError);
      }
    }),
    { numRuns: 2000 },
  );
});
