import type { Scheduling } from '../contract/scheduling.ts';
import type { DavSession } from './account.ts';

/** Whether this server sends invitations by itself, as configured or as it says (RFC 6638, 2). */
export const schedules = async (session: DavSession, signal?: AbortSignal): Promise<boolean> => {
  const { account, settings, client } = session;
  const { scheduling = 'off' } = settings;
  if (scheduling !== 'auto') return scheduling === 'on';
  if (account.schedules !== undefined) return account.schedules;
  const { homes, hasOutbox } = await session.homes(signal);
  const url = homes[0] ?? client.root;
  const answer = await session.order({ method: 'OPTIONS', url, repeatable: true, signal });
  const offers = davClasses(answer.header('dav')).has('calendar-auto-schedule');
  account.schedules = offers && (hasOutbox || settings.home !== undefined);
  return account.schedules;
};

/** What stands in a DAV header (RFC 4918, 10.1). */
export const davClasses = (header: string | undefined): ReadonlySet<string> =>
  new Set((header ?? '').split(',').map((one) => one.trim().toLowerCase()));

/** What the engine is told of it. */
export const schedulingOf = (session: DavSession): Scheduling => ({
  sends: async (folder, signal) => {
    const { component } = await session.folder(folder, signal);
    return component === 'VEVENT' && (await schedules(session, signal));
  },
});
