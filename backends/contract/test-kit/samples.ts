/** Messages for the contract suites, as bytes with CR LF. */

const bytesOf = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(`${lines.join('\r\n')}\r\n`);

/** A short plain message. */
export const plainMessage = (subject: string, body = 'Hello.'): Uint8Array =>
  bytesOf([
    'From: Ben Fuchs <ben@postrider.test>',
    'To: Anna Weber <anna@postrider.test>',
    `Subject: ${subject}`,
    'Date: Mon, 02 Nov 2026 09:30:00 +0100',
    `Message-ID: <${subject.replace(/[^A-Za-z0-9]/g, '-')}@postrider.test>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    body,
  ]);

/** Content of the attachment in {@link messageWithAttachment}. */
export const attachmentBytes = (size: number): Uint8Array => {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = index * 31 + (index >> 8);
  return bytes;
};

/** A message with text and one base64 attachment `Übersicht.bin` of `size` bytes. */
export const messageWithAttachment = (subject: string, size: number): Uint8Array =>
  bytesOf([
    'From: Ben Fuchs <ben@postrider.test>',
    'To: Anna Weber <anna@postrider.test>',
    `Subject: ${subject}`,
    'Date: Mon, 02 Nov 2026 09:30:00 +0100',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="=_sample"',
    '',
    '--=_sample',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'Die =C3=9Cbersicht liegt bei.',
    '--=_sample',
    'Content-Type: application/octet-stream',
    "Content-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht.bin",
    'Content-Transfer-Encoding: base64',
    '',
    ...(Buffer.from(attachmentBytes(size))
      .toString('base64')
      .match(/.{1,76}/g) ?? []),
    '--=_sample--',
  ]);

/** Bytes that are hardly a message: no header, NUL, bare line ends, an endless line, an open multipart. */
export const brokenMessage = (): Uint8Array =>
  new TextEncoder().encode(
    `Content-Type: multipart/mixed; boundary="x\nSubject: \0=?utf-8?B?broken\r\n\r--x\n${'y'.repeat(3000)}\n--x`,
  );
