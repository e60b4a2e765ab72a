import type { ImapFlow } from 'imapflow';
import { DovecotPassword } from '../servers/dovecot.ts';
import { elsewhere } from '../servers/mail.ts';
import { addressOf, Ledger } from './names.ts';
import { pause } from './relay.ts';
import type { OutgoingMail } from './witness.ts';
import type { World } from './world.ts';

/** Milliseconds that accepted mail may be on its way: Postfix was killed, and tries again. */
const DeliveryLimit = 60_000;

/** Postfix's name for a message in the header it adds: one for each time that the message was submitted. */
const QueueId = /\(Postfix\)\s+with\s+\S+\s+id\s+(\w+)/;

/** The mails of a mailbox: subject and, where Postfix took it, its name for it. */
const mailsIn = async (client: ImapFlow, path: string): Promise<{ subject: string; queueId: string }[]> => {
  const { exists } = await client.mailboxOpen(path, { readOnly: true });
  const mails: { subject: string; queueId: string }[] = [];
  if (exists === 0) return mails;
  for await (const { envelope, headers } of client.fetch('1:*', { envelope: true, headers: ['received'] })) {
    mails.push({ subject: envelope?.subject ?? '', queueId: QueueId.exec(headers?.toString() ?? '')?.[1] ?? '' });
  }
  return mails;
};

/** How often each mail was submitted, by its subject. What Postfix delivered twice by itself counts once. */
const submissions = ({ stage }: World): Promise<ReadonlyMap<string, number>> =>
  elsewhere(stage.dovecot.port, Ledger, DovecotPassword, async (client) => {
    const ids = new Map<string, Set<string>>();
    for (const { subject, queueId } of await mailsIn(client, 'INBOX'))
      ids.set(subject, (ids.get(subject) ?? new Set()).add(queueId));
    return new Map([...ids].map(([subject, each]) => [subject, each.size]));
  });

/** Waits until everything that was accepted has arrived. */
const arrived = async (world: World, mails: readonly OutgoingMail[]): Promise<ReadonlyMap<string, number>> => {
  for (const end = Date.now() + DeliveryLimit; ; await pause(250)) {
    const counts = await submissions(world);
    if (Date.now() > end || mails.every(({ subject }) => counts.has(subject))) return counts;
  }
};

/** Copies in the folders for sent mail, by user and subject. */
const copies = async ({ stage, users }: World): Promise<ReadonlyMap<string, number>> => {
  const counts = new Map<string, number>();
  for (const user of users) {
    const kept = await elsewhere(stage.dovecot.port, addressOf(user), DovecotPassword, (client) =>
      mailsIn(client, 'Sent'),
    );
    for (const { subject } of kept) counts.set(subject, (counts.get(subject) ?? 0) + 1);
  }
  return counts;
};

/**
 * What became of sent mail that must not: lost, kept twice, or sent twice without an attempt whose
 * end nobody can know, which is the window that docs/architecture.md states.
 */
export const sentOffences = async (world: World): Promise<readonly string[]> => {
  const mails = world.witnesses.flatMap(({ outbox }) => outbox);
  if (mails.length === 0) return [];
  const [sent, kept] = [await arrived(world, mails), await copies(world)];
  return mails.flatMap(({ subject, failures }) => {
    const times = sent.get(subject) ?? 0;
    const twice = times > 1 + failures ? [`${subject} was sent ${times} times, after ${failures} failures`] : [];
    const lost = times === 0 ? [`${subject} was accepted and never arrived`] : [];
    const doubled = (kept.get(subject) ?? 0) > 1 ? [`${subject} is kept ${kept.get(subject)} times`] : [];
    return [...twice, ...lost, ...doubled];
  });
};
