import type { MailComposer } from '../../backends/contract/composer.ts';
import type { FolderId } from '../../backends/contract/folders.ts';
import type { MeetingMessage } from '../../backends/contract/meetings.ts';
import { can } from '../../protocol/versions.ts';
import { loadHierarchy } from '../folders/hierarchy-state.ts';
import { CommandFailure } from '../handlers/command.ts';
import type { Context } from '../handlers/context.ts';
import { type SendScope, sendOnce } from '../send/send-once.ts';
import type { Partition } from '../state/contract.ts';
import { accountPartition } from '../state/partitions.ts';
import type { Announcer } from '../sync/announcer.ts';
import type { FetchedMail } from '../sync/email-port.ts';
import type { SyncScope } from '../sync/sync.ts';
import { AnnouncementBook } from './announcement-book.ts';
import { MeetingAnnouncer } from './announcer.ts';
import { calendarsOf, meetingUser } from './calendars.ts';
import { type TakeInScope, takeIn } from './take-in.ts';

/** What one request does about meetings with: mail that goes out, and mail that comes in. */
export interface MeetingDesk {
  readonly context: Context;
  readonly composer: MailComposer;
  /** That of the partnership. */
  readonly partition: Partition;
  /** Throws CommandFailure for an account that cannot send. */
  sending(): SendScope;
  /** Called with a calendar that changed. */
  moved(folder: FolderId): void;
}

/** Whether the server of a calendar itself tells people of what is stored there (RFC 6638). */
export const serverSends = async ({ backend, signal }: Context, folder: FolderId): Promise<boolean> =>
  (await backend.scheduling?.sends(folder, signal)) ?? false;

/**
 * Mails a message once, as the user, with a copy among the sent mail. Of one that is refused the user finds a
 * report in the Inbox; what was changed in the calendar stays changed. Throws `unavailable`.
 */
export const sendMeetingMail = async (
  { context, composer, sending }: MeetingDesk,
  message: MeetingMessage,
  name: string,
): Promise<void> => {
  try {
    await sendOnce(sending(), {
      uploaded: undefined,
      clientId: undefined,
      purpose: `meeting ${name}`,
      saveInSentItems: true,
      compose: async (seed) => ({ message: composer.meetingMail(message, seed) }),
    });
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const facts = { account: context.account.name, method: message.method, error: error.message };
    context.log.warn(facts, 'A mail about a meeting was refused');
  }
};

const announcerOf = (desk: MeetingDesk, folder: FolderId): Announcer | undefined => {
  const { context, composer, partition } = desk;
  const { events, submission } = context.backend;
  if (events === undefined || submission === undefined || !can(context.version, 'serverMailsMeetings'))
    return undefined;
  return new MeetingAnnouncer({
    meetings: composer.meetings,
    user: meetingUser(context.account),
    events,
    folder,
    book: new AnnouncementBook(context.state, partition),
    serverSends: () => serverSends(context, folder),
    send: (message, name) => sendMeetingMail(desk, message, name),
    now: () => context.clock.now(),
  });
};

const mailReader = ({
  context,
  composer,
  partition,
  moved,
}: MeetingDesk): ((fetched: FetchedMail) => Promise<void>) | undefined => {
  const { events, mail } = context.backend;
  if (events === undefined || mail === undefined) return undefined;
  const scope: TakeInScope = {
    meetings: composer.meetings,
    composer,
    user: meetingUser(context.account),
    mail,
    events,
    calendars: async () => calendarsOf((await loadHierarchy(context.state, partition)).state?.current ?? []),
    store: context.state,
    partition: accountPartition(context.account.name),
    now: () => context.clock.now(),
    log: context.log,
    moved,
  };
  return (fetched) => takeIn(scope, fetched);
};

/** What a Sync does about meetings. */
export const meetingScope = (desk: MeetingDesk): Pick<SyncScope, 'announcerOf' | 'takeIn'> => ({
  announcerOf: (folder) => announcerOf(desk, folder),
  takeIn: mailReader(desk),
});
