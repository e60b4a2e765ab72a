import type { CheckLine } from '../contract/backend.ts';
import { isBackendError } from '../contract/errors.ts';
import type { AccountOptions, DavSession } from './account.ts';
import type { Collection, CollectionFolder } from './collections.ts';
import { statusIn } from './failures.ts';
import type { Flavour } from './flavours.ts';
import { propfind } from './names.ts';
import { davClasses, schedules } from './scheduling.ts';

/** Looks whether the server answers and what it can do; as a user also what that user has. */
export const checkServer = async (
  { client, flavour }: AccountOptions,
  session: DavSession | undefined,
): Promise<readonly CheckLine[]> => {
  const what = `${flavour.title} ${client.root.host}`;
  try {
    await client.multistatus({
      method: 'PROPFIND',
      url: client.root,
      as: undefined,
      body: propfind(['D:current-user-principal']),
      depth: '0',
    });
  } catch (error) {
    // A web site may stand at the root: only a server that is not there at all is of no use.
    if (isBackendError(error, 'unavailable') && statusIn(error) === undefined) {
      return [{ ok: false, what, meaning: `It cannot be used: ${text(error)}.` }];
    }
  }
  const isTls = client.root.protocol === 'https:';
  const how = isTls ? 'encrypted by TLS' : 'not encrypted, as it is on this machine';
  const first: CheckLine = { ok: true, what, meaning: `It answers, ${how}.` };
  return session === undefined ? [first, needsUser(flavour)] : [first, ...(await checkAsUser(session))];
};

const needsUser = ({ title }: Flavour): CheckLine => ({
  ok: true,
  what: `${title} abilities`,
  meaning: 'Servers tell them after login only: name a user to see them.',
});

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const checkAsUser = async (session: DavSession): Promise<CheckLine[]> => {
  const { title } = session.flavour;
  let folders: readonly CollectionFolder[];
  try {
    folders = [...(await session.refresh()).values()];
  } catch (error) {
    const refused = isBackendError(error, 'loginRefused');
    const meaning = refused ? 'The server refuses this user or password.' : `The login failed: ${text(error)}.`;
    return [{ ok: false, what: `${title} login`, meaning }];
  }
  return [
    ...(await placeLines(session)),
    ...folderLines(session, folders),
    marksLine(session, folders),
    await classesLine(session),
    ...(await schedulingLines(session)),
    speedLine(session),
  ];
};

const placeLines = async (session: DavSession): Promise<CheckLine[]> => {
  const { title } = session.flavour;
  const { homes } = await session.homes();
  const what = `${title} login`;
  if (homes.length > 0) {
    return [
      {
        ok: true,
        what,
        meaning: `Logged in; the collections are at ${homes.map(({ pathname }) => pathname).join(', ')}.`,
      },
    ];
  }
  return [
    {
      ok: false,
      what,
      meaning:
        `The server tells of no ${session.flavour.kind === 'carddav' ? 'address books' : 'calendars'} of this user. ` +
        "Set `url` to where its users' programs are pointed, or `home` to the path of the user's collections.",
    },
  ];
};

const folderLines = ({ flavour: { title } }: DavSession, folders: readonly CollectionFolder[]): CheckLine[] => {
  const names = folders.map(
    ({ name, itemClass, role, collection }) =>
      `${name} (${itemClass}${role === 'default' ? ', default' : ''}${collection.isWritable ? '' : ', read-only'})`,
  );
  const meaning = names.length > 0 ? `Phones see ${names.join('; ')}.` : 'There are none yet; phones get a first one.';
  return [{ ok: names.length > 0 ? true : 'missing', what: `${title} folders`, meaning }];
};

const Marks: Readonly<Record<Collection['mark']['by'], { readonly ok: true | 'missing'; readonly meaning: string }>> = {
  token: { ok: true, meaning: 'Changes and removals are told exactly, however large the collection.' },
  ctag: {
    ok: 'missing',
    meaning: 'Only that something changed is told: all ETags of the collection are compared then.',
  },
  etags: {
    ok: 'missing',
    meaning: 'Not even a ctag tells that something changed: all ETags are compared at each look.',
  },
};

const marksLine = ({ flavour: { title } }: DavSession, folders: readonly CollectionFolder[]): CheckLine => {
  const marks = folders.map(({ collection }) => collection.mark.by);
  const by = (['etags', 'ctag', 'token'] as const).find((one) => marks.includes(one)) ?? 'etags';
  return { what: `${title} sync-collection`, ...Marks[by] };
};

const classesLine = async (session: DavSession): Promise<CheckLine> => {
  const { flavour, client } = session;
  const url = (await session.homes()).homes[0] ?? client.root;
  const options = await session.order({ method: 'OPTIONS', url, repeatable: true }).catch(() => undefined);
  const classes = davClasses(options?.header('dav'));
  const isThere = flavour.kind === 'carddav' ? classes.has('addressbook') : classes.has('calendar-access');
  return {
    ok: isThere ? true : 'missing',
    what: `${flavour.title} server`,
    meaning: isThere
      ? `It offers ${[...classes].join(', ')}${options?.header('server') ? ` (${options.header('server')})` : ''}.`
      : `It does not say that it offers ${flavour.title}: is url the right place?`,
  };
};

const schedulingLines = async (session: DavSession): Promise<CheckLine[]> => {
  if (session.flavour.kind !== 'caldav') return [];
  const sends = await schedules(session).catch(() => false);
  return [
    {
      ok: true,
      what: 'CalDAV scheduling',
      meaning: sends
        ? 'The server itself sends invitations and answers.'
        : 'The server sends no invitations: Postrider and phones do, by mail.',
    },
  ];
};

const speedLine = ({ flavour, settings: { watch } }: DavSession): CheckLine => ({
  ok: 'missing',
  what: `${flavour.title} push`,
  meaning:
    `A change made elsewhere reaches a waiting phone within ${watch.pollSeconds} s while there are changes, ` +
    `and within ${watch.quietSeconds} s otherwise; one made on another phone at once.`,
});
