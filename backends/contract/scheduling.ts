import type { FolderId } from './folders.ts';

/** The ability of a calendar server to send invitations, answers and cancellations by itself (RFC 6638). */
export interface Scheduling {
  /**
   * Whether storing an event in a folder makes the server send what is to be sent to its attendees or
   * its organizer, so that nobody else may. Costs at most one look an account.
   */
  sends(folder: FolderId, signal?: AbortSignal): Promise<boolean>;
}
