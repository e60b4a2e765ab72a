import { describe, expect, test } from '@jest/globals';
import { attachmentFacts, attachmentsOf } from '../../../../backends/convert/mail/attachments.ts';
import { contentClass, messageClass } from '../../../../backends/convert/mail/message-class.ts';
import { segmentsOf } from '../../../../backends/convert/mail/segments.ts';
import type { MimePart } from '../../../../backends/convert/mail/structure.ts';
import { emailOf, leaf, message, multipart, request } from './support.ts';

const listed = (root: MimePart): unknown[] => JSON.parse(JSON.stringify(attachmentsOf(root)));
const text = leaf('1', 'text/plain');

describe('text and attachments', () => {
  const inline = leaf('1.2', 'image/png', {
    id: 'pic@x',
    size: 1_600,
    encoding: 'base64',
    parameters: { name: 'pic.png' },
  });

  test('MS-ASAIRS_R91 MS-ASAIRS_R92 MS-ASAIRS_R93 MS-ASAIRS_R225 a normal attachment', () => {
    const pdf = leaf('2', 'application/pdf', {
      size: 78 * 10,
      encoding: 'base64',
      dispositionParameters: { filename: 'a.pdf' },
    });
    expect(listed(multipart('', 'mixed', text, pdf))).toEqual([
      { kind: 'attachment', displayName: 'a.pdf', fileReference: '2', method: 1, estimatedDataSize: 570 },
    ]);
    expect(attachmentFacts(pdf)).toEqual({ contentType: 'application/pdf', name: 'a.pdf', size: 570 });
  });

  test('MS-ASAIRS_R100299 MS-ASAIRS_R1343 a picture within the text, named by its ContentId', () => {
    const root = multipart('', 'related', leaf('1', 'text/html'), { ...inline, part: '2', location: 'a.png' });
    expect(listed(root)).toMatchObject([{ contentId: 'pic@x', contentLocation: 'a.png', isInline: true, method: 1 }]);
    expect(segmentsOf(root)).toMatchObject([{ html: { part: '1' } }]);
  });

  test('MS-ASAIRS_R100298 a picture that is attached in so many words is not inline', () => {
    const root = multipart('', 'related', leaf('1', 'text/html'), { ...inline, part: '2', disposition: 'attachment' });
    expect(listed(root)[0]).not.toHaveProperty('isInline');
  });

  test('MS-ASAIRS_R2299 a message has method 5 and ends in .eml', () => {
    const names = [{ subject: 'Re: a/b' }, { parameters: { name: 'x.EML' } }, {}].map(
      (more) => attachmentsOf(multipart('', 'mixed', text, leaf('2', 'message/rfc822', more)))[0],
    );
    expect(names).toMatchObject([
      { displayName: 'Re: a_b.eml', method: 5 },
      { displayName: 'x.EML', method: 5 },
      { displayName: 'message.eml', method: 5 },
    ]);
  });

  test('MS-ASAIRS_R230 an OLE object has method 6', () => {
    expect(listed(multipart('', 'mixed', text, leaf('2', 'application/x-oleobject')))).toMatchObject([{ method: 6 }]);
  });

  test.each<[Partial<MimePart>, string]>([
    [{ dispositionParameters: { filename: '../../etc/passwd' } }, '.._.._etc_passwd'],
    [{ dispositionParameters: { filename: 'a\r\nb\0.txt' } }, 'a b.txt'],
    [{ dispositionParameters: { filename: '' }, parameters: { name: 'n.gif' } }, 'n.gif'],
    [{ description: 'A picture' }, 'A picture.png'],
    [{}, 'image.png'],
    [{ type: 'x-odd/thing' }, 'x-odd.bin'],
    [{ dispositionParameters: { filename: 'x'.repeat(500) } }, 'x'.repeat(251)],
  ])('%j is shown as %s', (more, name) => {
    expect(listed(multipart('', 'mixed', text, leaf('2', 'image/png', more)))).toMatchObject([{ displayName: name }]);
  });

  test('names in every encoding arrive', () => {
    const raw = message(
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'Content-Type: image/png; name="=?utf-8?q?=E2=82=AC.png?="',
      '',
      '--x',
      "Content-Disposition: attachment; filename*0*=utf-8''%E2%82%AC; filename*1=2.png",
      'Content-Type: image/png',
      '',
      '--x--',
    );
    expect(emailOf(raw, request({ type: 1 })).attachments).toMatchObject([
      { displayName: '€.png' },
      { displayName: '€2.png' },
    ]);
  });

  test('other forms of the text are no attachments, an invitation is', () => {
    const root = multipart(
      '',
      'alternative',
      text,
      leaf('2', 'text/x-amp-html'),
      leaf('3', 'text/html'),
      leaf('4', 'text/calendar'),
    );
    expect(listed(root)).toMatchObject([{ fileReference: '4', displayName: 'text.ics' }]);
  });

  test('a text with a file name is an attachment, unless it is all there is', () => {
    const named = leaf('2', 'text/plain', { parameters: { name: 'a.txt' } });
    expect(listed(multipart('', 'mixed', text, named))).toMatchObject([{ displayName: 'a.txt' }]);
    expect(segmentsOf({ ...named, part: '1' })).toHaveLength(1);
    expect(segmentsOf({ ...named, part: '1', disposition: 'attachment' })).toHaveLength(0);
  });

  test('the root of a related may be named by start', () => {
    const root: MimePart = {
      ...multipart('', 'related', inline, leaf('2', 'text/html', { id: 'r@x' })),
      parameters: { start: '<r@x>' },
    };
    expect(segmentsOf(root)).toMatchObject([{ html: { part: '2' } }]);
  });

  test('pictures in the midst of an alternative do not hide the text (Apple Mail)', () => {
    const rich = multipart(
      '2',
      'mixed',
      leaf('2.1', 'text/html'),
      leaf('2.2', 'application/pdf'),
      leaf('2.3', 'text/html'),
    );
    expect(segmentsOf(multipart('', 'alternative', text, rich)).map(({ html }) => html?.part)).toEqual(['2.1', '2.3']);
  });

  test('a part whose name would be too long for a FileReference is not listed', () => {
    expect(listed(multipart('', 'mixed', text, leaf('1.'.repeat(30), 'image/png')))).toEqual([]);
  });
});

describe('MS-ASEMAIL_R587 MS-ASEMAIL_R589 MessageClass', () => {
  const signed = (protocol: string): MimePart => ({
    ...multipart('', 'signed', text, leaf('2', protocol)),
    parameters: { protocol },
  });
  const report = (type: string): MimePart => multipart('', 'report', text, leaf('2', `message/${type}`));

  test.each<[string, MimePart, string | undefined]>([
    ['IPM.Note', text, undefined],
    ['IPM.Note.SMIME', leaf('1', 'application/pkcs7-mime'), undefined],
    ['IPM.Note.SMIME', leaf('1', 'application/octet-stream', { parameters: { name: 'smime.p7m' } }), undefined],
    ['IPM.Note.SMIME.MultipartSigned', signed('application/pkcs7-signature'), undefined],
    ['IPM.Note', signed('application/pgp-signature'), undefined],
    ['REPORT.IPM.NOTE.NDR', report('delivery-status'), 'Final-Recipient: x\r\nAction: failed\r\n'],
    ['REPORT.IPM.NOTE.DELAYED', report('delivery-status'), 'action: delayed'],
    ['REPORT.IPM.NOTE.DR', report('global-delivery-status'), 'Action:relayed'],
    ['REPORT.IPM.NOTE.NDR', report('delivery-status'), undefined],
    [
      'REPORT.IPM.NOTE.IPNRN',
      report('disposition-notification'),
      'Disposition: manual-action/MDN-sent-manually; displayed',
    ],
    [
      'REPORT.IPM.NOTE.IPNNRN',
      report('disposition-notification'),
      'Disposition: manual-action/MDN-sent-manually; deleted',
    ],
  ])('MS-ASEMAIL_R603 %s', (name, root, content) => {
    expect(messageClass(root, { report: content })).toBe(name);
  });

  test('a meeting comes before a winmail.dat, S/MIME before all', () => {
    const facts = { meeting: 'IPM.Schedule.Meeting.Request', tnef: 'IPM.Note.Custom' };
    expect(messageClass(text, facts)).toBe('IPM.Schedule.Meeting.Request');
    expect(messageClass(leaf('1', 'application/pkcs7-mime'), facts)).toBe('IPM.Note.SMIME');
  });

  test('of a winmail.dat those count that need no more than the mail itself', () => {
    const classOf = (tnef: string): string => messageClass(text, { tnef });
    expect(classOf('IPM.Note.Custom.Form')).toBe('IPM.Note.Custom.Form');
    expect(classOf('REPORT.IPM.Note.IPNRN')).toBe('REPORT.IPM.Note.IPNRN');
    for (const other of [
      'IPM.Schedule.Meeting.Request',
      'IPM.Appointment',
      '',
      'IPM.Note\n',
      `IPM.Note.${'x'.repeat(99)}`,
    ])
      expect(classOf(other)).toBe('IPM.Note');
  });

  test('ContentClass goes with it', () => {
    expect(contentClass('IPM.Note.SMIME')).toBe('urn:content-classes:message');
    expect(contentClass('IPM.Schedule.Meeting.Request')).toBe('urn:content-classes:calendarmessage');
  });

  test('MS-ASEMAIL_R602 is found in the mail itself', () => {
    const raw = message(
      'Content-Type: multipart/report; report-type=delivery-status; boundary=x',
      '',
      '--x',
      '',
      'It failed.',
      '--x',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; x',
      '',
      'Action: failed',
      '--x--',
    );
    expect(emailOf(raw, request({ type: 1, truncationSize: 3 }))).toMatchObject({
      messageClass: 'REPORT.IPM.NOTE.NDR',
    });
  });
});
