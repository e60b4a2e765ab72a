import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  declaredCharset,
  declareUtf8,
  htmlDocument,
  htmlToText,
  MaxConverted,
  textToHtmlFragment,
} from '../../../../backends/convert/mail/html.ts';
import { timeOf, utf8 } from './support.ts';

describe('HTML to text', () => {
  test.each([
    ['<p>one</p><p>two</p>', 'one\r\n\r\ntwo'],
    ['<div>one</div><div>two</div>', 'one\r\ntwo'],
    ['one<br>two<BR/>three', 'one\r\ntwo\r\nthree'],
    ['a<br><br><br><br><br>b', 'a\r\n\r\n\r\nb'],
    ['  a \n\t b  <b> c</b>d', 'a b cd'],
    ['<b>a</b><i>b</i>', 'ab'],
    ['a&nbsp;&nbsp;b &lt;c&gt; &amp;amp; &#228;&#xE4;&auml;&euro;&#128;', 'a  b <c> &amp; äää€€'],
    ['&unknown; &copy &#0; &#xD800; &', '&unknown; © \ufffd \ufffd &'],
    ['<style>p{color:red}</style><script>x<y</script>a<title>t</title>', 'a'],
    ['a<!-- <b> -- > -->b', 'ab'],
    ['<!DOCTYPE html><?xml version="1"?>a', 'a'],
    ['<ul><li>one</li><li>two</li></ul>after', '* one\r\n* two\r\n\r\nafter'],
    ['<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>', 'a b\r\nc'],
    ['<pre>a\n  b</pre>c', 'a\r\n  b\r\n\r\nc'],
    ['a<hr>b', 'a\r\n----------\r\nb'],
    ['1 < 2 and 3 > 2', '1 < 2 and 3 > 2'],
    ['a<b', 'a'],
    ['a<!--b', 'a'],
    ['<o:p>x</o:p>', 'x'],
    ['', ''],
  ])('%j', (html, text) => {
    expect(htmlToText(html)).toBe(text);
  });

  test('links and pictures are written out when asked for', () => {
    const html =
      '<a href="https://x.org/?a=1&amp;b=2">here</a> <a href=\'https://y.org\'>https://y.org</a> <img src=a alt="Logo">';
    expect(htmlToText(html, { links: true })).toBe('here <https://x.org/?a=1&b=2> https://y.org [Logo]');
    expect(htmlToText(html)).toBe('here https://y.org');
    expect(htmlToText('<a href="javascript:x()">a</a>', { links: true })).toBe('a');
  });

  test('stops when there is enough text', () => {
    expect(htmlToText('<p>one</p>'.repeat(10_000), { maxChars: 5 })).toBe('one\r\n');
  });

  test('nothing crashes it', () => {
    const Piece = fc.constantFrom(
      '<',
      '>',
      '</',
      '<a href="',
      '"',
      '<!--',
      '-->',
      '<pre>',
      '<p ',
      '&#',
      '&amp;',
      '<style>',
      'x',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(Piece).map((all) => all.join('')),
        ),
        (html) => {
          expect(typeof htmlToText(html, { links: true })).toBe('string');
        },
      ),
    );
  });

  test.each([
    '<b><i>',
    '<',
    '&amp;',
    '<!--',
    '<style>',
    '<a href="x">y</a>',
    '<a href="',
    ' ',
    '<li>',
    '<pre>\r',
    '<div><p>x',
    '\u0001',
    '&',
  ])(`10 MB of %j take no longer than ${MaxConverted} characters of it`, (piece) => {
    const html = piece.repeat(10_000_000 / piece.length);
    // 50 ms is the promise; half a slow core and the instrumentation of tests are allowed for.
    expect(timeOf(() => htmlToText(html, { links: true }), 150)).toBeLessThan(150);
  });
});

describe('text to HTML', () => {
  test('escapes, keeps lines and blanks, makes links', () => {
    expect(textToHtmlFragment('a <b> & "c"\r\nx  y\n\thttps://x.org/?a&b.')).toBe(
      'a &lt;b&gt; &amp; &quot;c&quot;<br>\r\nx&nbsp; y<br>\r\n&nbsp;&nbsp;&nbsp; <a href="https://x.org/?a&amp;b">https://x.org/?a&amp;b</a>.',
    );
  });

  test('no text becomes markup', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const html = textToHtmlFragment(text).replace(/<br>|<a href="[^"<>]*">|<\/a>/g, '');
        expect(html).not.toMatch(/[<>]/);
      }),
    );
  });

  test('words come back', () => {
    const Words = fc.array(fc.stringMatching(/^[a-z<>&"]{1,8}$/), { minLength: 1 });
    fc.assert(
      fc.property(Words, (words) => {
        expect(htmlToText(htmlDocument(textToHtmlFragment(words.join(' '))))).toBe(words.join(' '));
      }),
    );
  });
});

describe('declarations of a charset', () => {
  test.each([
    ['<meta charset="koi8-r">', 'koi8-r', '<meta charset="utf-8">'],
    [
      '<META http-equiv=Content-Type content="text/html; charset=iso-8859-1">',
      'iso-8859-1',
      '<META http-equiv=Content-Type content="text/html; charset=utf-8">',
    ],
    ['<p>charset=x</p>', undefined, '<p>charset=x</p>'],
  ])('%s', (html, charset, sent) => {
    expect(declaredCharset(utf8(html))).toBe(charset);
    expect(declareUtf8(html)).toBe(sent);
  });
});
