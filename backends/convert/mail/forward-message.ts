import type { ByteSource } from '../../../protocol/wbxml/bytes.ts';
import type { Forwardee, TextForm } from '../../contract/composer.ts';
import { textLeaf } from './compose-text.ts';
import { encodeWords, headerField } from './encode-text.ts';
import { writeTree } from './entity.ts';
import { headerText, parseHeaders } from './headers.ts';
import { addressField } from './outgoing-header.ts';

/**
 * The message of a forward that the server writes itself, the device naming only who gets it and a
 * text of its own; the original is added to it like to any other.
 */
export const forwardMessage = (
  header: Uint8Array,
  forwardees: readonly Forwardee[],
  body: { readonly form: TextForm; readonly text: string } | undefined,
): ByteSource => {
  const subject = headerText(parseHeaders(header).get('subject') ?? '');
  const fields = [
    addressField(
      'To',
      forwardees.map(({ email, name }) => ({ name: name ?? '', address: email })),
    ),
    headerField('Subject', encodeWords(/^fwd?:/i.test(subject) ? subject : `FW: ${subject}`)),
    'MIME-Version: 1.0\r\n',
  ];
  return writeTree({
    header: Buffer.from(fields.join(''), 'latin1'),
    root: textLeaf(body?.form ?? 'plain', body?.text ?? ''),
  });
};
