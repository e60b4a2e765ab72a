import type { ImapAttribute, ImapResponse } from 'imapflow';
import type { Connection } from './connection.ts';
import { expandRuns, parseRuns, sequenceSets } from './sequence.ts';
import { type Argument, atom, listOf, numberOf, sequence, textOf } from './tokens.ts';

/** One answer to FETCH: its values by name, a section as `BODY[1.2]`, header fields as `BODY[HEADER.FIELDS]`. */
export interface Fetched {
  readonly uid: number;
  readonly values: ReadonlyMap<string, ImapAttribute>;
}

/** Reads a `* <n> FETCH (…)` line; `undefined` for one without a UID, such as an unasked change of flags. */
export const readFetch = (line: ImapResponse): Fetched | undefined => {
  const list = listOf(line.attributes?.[1]);
  const values = new Map<string, ImapAttribute>();
  for (let i = 0; i + 1 < list.length; i += 2) {
    const key = list[i];
    const name = textOf(key)?.toUpperCase();
    if (name === undefined || key?.section === undefined) values.set(name ?? '', list[i + 1] ?? null);
    else values.set(`${name}[${textOf(key.section[0])?.toUpperCase() ?? ''}]`, list[i + 1] ?? null);
  }
  const uid = numberOf(values.get('UID'));
  return uid === undefined ? undefined : { uid, values };
};

/** Name under which {@link readFetch} gives the answer to an item. */
const nameOf = (item: Argument): string => {
  if (typeof item !== 'object' || !('value' in item)) throw new TypeError('not an item of FETCH');
  if (item.section === undefined) return String(item.value).toUpperCase();
  const [section] = item.section;
  const name = typeof section === 'object' && 'value' in section ? String(section.value).toUpperCase() : '';
  return `BODY[${name}]`;
};

/** What a server may leave out of an answer although it was asked for: a message is not lost for the want of it. */
const MayBeMissing = new Set(['THREADID']);

/**
 * Runs UID FETCH over numbers of any count; `take` is given each message's answer. The server may
 * also tell, in between, of flags that others changed: such lines lack what was asked for.
 */
export const uidFetch = async (
  connection: Connection,
  uids: readonly number[],
  items: readonly Argument[],
  take: (fetched: Fetched) => void,
): Promise<void> => {
  const asked = new Set(uids);
  const names = items.map(nameOf).filter((name) => !MayBeMissing.has(name));
  for (const set of sequenceSets(uids)) {
    await connection.run('UID FETCH', [sequence(set), [atom('UID'), ...items]], {
      FETCH: (line) => {
        const fetched = readFetch(line);
        if (fetched === undefined || !asked.has(fetched.uid)) return;
        if (names.every((name) => fetched.values.has(name))) take(fetched);
      },
    });
  }
};

const Months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const InternalDate = /^\s?(\d{1,2})-([a-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/i;

/** Seconds since 1970 of an INTERNALDATE; 0 for one that cannot be read. */
export const secondsOfDate = (text: string | undefined): number => {
  const match = InternalDate.exec(text ?? '');
  if (match === null) return 0;
  const [, day, month, year, hours, minutes, seconds, sign, zoneHours, zoneMinutes] = match;
  const local = Date.UTC(
    Number(year),
    Months.indexOf((month as string).toLowerCase()),
    Number(day),
    Number(hours),
    Number(minutes),
    Number(seconds),
  );
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return (local - offset) / 1_000;
};

/** A day as SEARCH and APPEND write it, `5-Jan-2026`, in UTC. */
export const searchDay = (date: Date): string => {
  const month = Months[date.getUTCMonth()] as string;
  return `${date.getUTCDate()}-${month[0]?.toUpperCase()}${month.slice(1)}-${date.getUTCFullYear()}`;
};

/** UIDs that a SEARCH finds, ascending; in ranges where the server can say so (ESEARCH, RFC 4731). */
export const uidSearch = async (connection: Connection, criteria: readonly Argument[]): Promise<readonly number[]> => {
  let runs: number[] = [];
  const single: number[] = [];
  const returning = connection.has('ESEARCH') ? [atom('RETURN'), [atom('ALL')]] : [];
  await connection.run('UID SEARCH', [...returning, ...criteria], {
    ESEARCH: (line) => {
      runs = [...runs, ...allOf(line)];
    },
    SEARCH: (line) => {
      for (const uid of line.numbers ?? (line.attributes ?? []).flatMap((token) => numberOf(token) ?? []))
        single.push(uid);
    },
  });
  return single.length > 0 ? single.sort((a, b) => a - b) : expandRuns(runs);
};

/** The set after ALL in `* ESEARCH (TAG "5") UID ALL 1:5,7`. */
const allOf = (line: ImapResponse): number[] => {
  const tokens = line.attributes ?? [];
  const at = tokens.findIndex((token) => textOf(token)?.toUpperCase() === 'ALL');
  const set = at < 0 ? undefined : textOf(tokens[at + 1]);
  return set === undefined ? [] : parseRuns(set);
};
