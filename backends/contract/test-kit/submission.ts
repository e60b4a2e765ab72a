import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bytesSource } from '../../../protocol/wbxml/bytes.ts';
import type { OutgoingMail, RefusedRecipient, Submission } from '../mail.ts';
import { codeOf, uniqueName } from './harness.ts';
import { messageWithAttachment, plainMessage } from './samples.ts';

/** A way to send mail, and the mailboxes that it reaches. */
export interface SubmissionHarness {
  readonly submission: Submission;
  /** An address that may send. */
  readonly sender: string;
  /** At least two addresses that mail reaches. */
  readonly recipients: readonly [string, string, ...string[]];
  /** The messages in `recipient`'s Inbox that contain `marker`, once there are `count` (or after a while). */
  arrived(recipient: string, marker: string, count: number): Promise<readonly Uint8Array[]>;
  /** An address that is refused while the mail is handed over. Absent: the system finds out later. */
  readonly unknownRecipient?: string;
  /** A message of at least this size is refused. Absent: there is no limit to be tested. */
  readonly tooLarge?: number;
  close(): Promise<void>;
}

/** What {@link Submission} promises. */
export const submissionContract = (name: string, open: () => Promise<SubmissionHarness>): void => {
  let harness: SubmissionHarness;

  beforeAll(async () => {
    harness = await open();
  });
  afterAll(() => harness.close());

  const submit = (raw: Uint8Array, envelope: Partial<OutgoingMail> = {}): Promise<readonly RefusedRecipient[]> =>
    harness.submission.submit({
      message: bytesSource(raw),
      from: harness.sender,
      recipients: [harness.recipients[0]],
      ...envelope,
    });
  /** Bytes after the header, which mail systems add to. */
  const bodyOf = (raw: Uint8Array): string => {
    const all = Buffer.from(raw).toString('latin1');
    return all.slice(all.indexOf('\r\n\r\n'));
  };

  describe(`${name}: submission`, () => {
    test('hands a mail over, its body as it is', async () => {
      const marker = uniqueName('as-it-is');
      const raw = plainMessage(marker, 'A line.\r\n.\r\n..\r\nFrom here on: ümlauts');
      await submit(raw);
      const [message, ...more] = await harness.arrived(harness.recipients[0], marker, 1);
      expect(more).toEqual([]);
      expect(bodyOf(message ?? new Uint8Array())).toBe(bodyOf(raw));
    }, 60_000);

    test('hands over a mail of some size', async () => {
      const marker = uniqueName('of-some-size');
      const raw = messageWithAttachment(marker, 400_000);
      await submit(raw);
      const [message] = await harness.arrived(harness.recipients[0], marker, 1);
      expect(bodyOf(message ?? new Uint8Array()) === bodyOf(raw)).toBe(true);
    }, 60_000);

    test('reaches every recipient of the envelope once, whatever the header says', async () => {
      const marker = uniqueName('envelope');
      await submit(plainMessage(marker), { recipients: harness.recipients });
      for (const recipient of harness.recipients) expect(await harness.arrived(recipient, marker, 1)).toHaveLength(1);
    }, 60_000);

    test('a recipient that is not there is told, and the others get the mail', async () => {
      if (harness.unknownRecipient === undefined) return;
      const marker = uniqueName('unknown');
      const recipients = [harness.recipients[0], harness.unknownRecipient];
      const refused = await submit(plainMessage(marker), { recipients });
      expect(refused).toEqual([{ address: harness.unknownRecipient, reply: expect.stringMatching(/^5\d\d /) }]);
      expect(await harness.arrived(harness.recipients[0], marker, 1)).toHaveLength(1);
    }, 60_000);

    test('a mail to nobody who is there is rejected, and says who was refused', async () => {
      if (harness.unknownRecipient === undefined) return;
      const sent = submit(plainMessage('nobody there'), { recipients: [harness.unknownRecipient] });
      await expect(sent).rejects.toMatchObject({ code: 'rejected', refused: [{ address: harness.unknownRecipient }] });
    }, 60_000);

    test('a mail to nobody is rejected', async () => {
      expect(await codeOf(submit(plainMessage('nobody'), { recipients: [] }))).toBe('rejected');
    });

    test.each([['line\r\nRCPT TO:<x@y.test>@z.test'], ['nul\0@z.test'], [''], ['no address'], ['<a@b.test>']])(
      'an address that could be read as something else is rejected: %j',
      async (address) => {
        expect(await codeOf(submit(plainMessage('odd'), { recipients: [address] }))).toBe('rejected');
        const from = await codeOf(submit(plainMessage('odd'), { from: address }));
        // An empty sender is that of a bounce and allowed.
        if (address !== '') expect(from).toBe('rejected');
      },
      60_000,
    );

    test('a mail beyond the limit is tooLarge', async () => {
      if (harness.tooLarge === undefined) return;
      expect(await codeOf(submit(new Uint8Array(harness.tooLarge).fill(0x41)))).toBe('tooLarge');
    }, 60_000);

    test('says whether the mail system keeps a copy itself', () => {
      expect(typeof harness.submission.keepsSentCopy).toBe('boolean');
    });
  });
};
