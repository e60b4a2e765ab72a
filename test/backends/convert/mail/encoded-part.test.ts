import { expect, test } from '@jest/globals';
import { contentFields } from '../../../../backends/convert/mail/encoded-part.ts';
import { utf8 } from './support.ts';

const fields = (block: string, type = 'text/plain'): string => Buffer.from(contentFields(utf8(block), type)).toString();

test('the Content-… fields of a part stand as they stood, nothing else does', () => {
  const block =
    'Received: x\nContent-Type: image/png;\n name=a.png\nSubject: s\ncontent-ID: <a@b>\nContent-Length: 9\n\n';
  expect(fields(block, 'image/png')).toBe('Content-Type: image/png;\r\n name=a.png\r\ncontent-ID: <a@b>\r\n');
});

test('a CR or NUL within a line cannot become a line', () => {
  expect(fields('Content-Type: a/b\rBcc: x\0y\r\n\r\n', 'a/b')).toBe('Content-Type: a/b Bcc: x y\r\n');
});

test('a message of a multipart/digest, which need not say that it is one, says it where it goes', () => {
  expect(fields('\r\n', 'message/rfc822')).toBe('Content-Type: message/rfc822\r\n');
  expect(fields('Content-Disposition: inline\r\n\r\n', 'message/rfc822')).toBe(
    'Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n',
  );
  expect(fields('\r\n')).toBe('');
});
