import { type ByteSource, bytesSource } from '../../../protocol/wbxml/bytes.ts';
import type { RefusalFacts } from '../../contract/composer.ts';
import { textLeaf } from './compose-text.ts';
import { encodeWords, headerField } from './encode-text.ts';
import { type Leaf, multipart, writeTree } from './entity.ts';
import { headerText, parseHeaders } from './headers.ts';
import { addressField, headerBlock, mailDate } from './outgoing-header.ts';
import { textSource } from './sources.ts';

/** Bytes of a message that is attached to its report as a whole; of a larger one the header is. */
export const MaxAttached = 5 * 1_048_576;

/** Characters of a reply that are repeated. */
const MaxReply = 1_000;

/**
 * The report that the sender of a refused mail finds in the Inbox: a delivery status notification
 * (RFC 3464) with the mail attached, so that what was written is not lost.
 */
export const refusalReport = (message: ByteSource, facts: RefusalFacts): ByteSource => {
  const subject = headerText(parseHeaders(headerBlock(message)).get('subject') ?? '');
  const domain = facts.sender.slice(facts.sender.lastIndexOf('@') + 1);
  const header = [
    addressField('From', [{ name: 'Mail Delivery', address: `MAILER-DAEMON@${domain}` }]),
    addressField('To', [{ name: '', address: facts.sender }]),
    headerField('Subject', encodeWords(`Undeliverable: ${subject}`)),
    headerField('Date', mailDate(facts.date)),
    headerField('Message-ID', `<${facts.messageId}>`),
    'Auto-Submitted: auto-replied\r\n',
    'MIME-Version: 1.0\r\n',
  ];
  const parts = [textLeaf('plain', explanation(subject, facts)), status(domain, facts), attached(message)];
  const root = multipart('report', `${facts.seed}d`, parts, ';\r\n report-type=delivery-status');
  return writeTree({ header: Buffer.from(header.join(''), 'latin1'), root });
};

const oneLine = (text: string): string =>
  text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MaxReply);

const explanation = (subject: string, { refusals, others }: RefusalFacts): string =>
  [
    others
      ? `Your mail "${subject}" was sent, but the mail server refused these recipients:`
      : `Your mail "${subject}" was not sent. The mail server refused it:`,
    '',
    ...refusals.flatMap(({ address, reply }) => [`  ${oneLine(address)}`, `    ${oneLine(reply)}`]),
    '',
    others
      ? 'All other recipients got it. Check these addresses and send the mail to them again.'
      : 'Nobody got it. Correct it in the outbox of your phone, or write it anew; a copy is attached.',
    '',
  ].join('\r\n');

const status = (domain: string, { refusals, date }: RefusalFacts): Leaf => {
  const perMessage = [`Reporting-MTA: dns; ${domain}`, `Arrival-Date: ${mailDate(date)}`];
  const perRecipient = refusals.map(({ address, reply }) => [
    `Final-Recipient: rfc822; ${ascii(oneLine(address))}`,
    'Action: failed',
    `Status: ${/\b5\.\d{1,3}\.\d{1,3}\b/.exec(reply)?.[0] ?? '5.0.0'}`,
    `Diagnostic-Code: smtp; ${ascii(oneLine(reply))}`,
  ]);
  const text = [perMessage, ...perRecipient].map((lines) => `${lines.join('\r\n')}\r\n`).join('\r\n');
  return { fields: Buffer.from('Content-Type: message/delivery-status\r\n'), body: textSource(text) };
};

const ascii = (text: string): string => text.replace(/[^ -~]/g, '?');

const attached = (message: ByteSource): Leaf =>
  message.length <= MaxAttached
    ? { fields: Buffer.from('Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n'), body: message }
    : { fields: Buffer.from('Content-Type: text/rfc822-headers\r\n'), body: bytesSource(headerBlock(message)) };
