import type { EmailFlag } from '../../backends/contract/mail.ts';
import { type DemoFiles, demoFiles } from './attachments.ts';
import { type Letter, writeLetter } from './mime.ts';
import { DemoDomain, type Owner, type Person, type PersonKey, people } from './people.ts';
import { type Series, series } from './series.ts';
import type { DemoMail, DemoState } from './store.ts';
import { type Thread, type ThreadMail, threads } from './threads.ts';

const Hour = 3_600_000;
const Day = 24 * Hour;

/**
 * The mail of one demo account as of `now` (milliseconds), the oldest first: the same for the same
 * day, and always recent.
 */
export const demoMailbox = (owner: Owner, now: number, files: DemoFiles = demoFiles()): DemoMail[] => {
  const mail = [
    ...threads.flatMap((thread, index) => threadMail(thread, index, owner, now, files)),
    ...series.flatMap((one) => seriesMail(one, owner, now, files)),
    ...draftMail(owner, now),
  ];
  return mail.sort((a, b) => a.received.getTime() - b.received.getTime());
};

/** The time of day `hour`, `days` days ago; a day earlier where that is still to come. */
const timeAgo = (now: number, days: number, hour: number): number => {
  const midnight = Math.floor((now - days * Day) / Day) * Day;
  const time = midnight + hour * Hour + 7 * 60_000 * (hour % 5);
  return time > now - Hour ? time - Day : time;
};

const threadMail = (thread: Thread, index: number, owner: Owner, now: number, files: DemoFiles): DemoMail[] => {
  const start = timeAgo(now, thread.days, thread.hour);
  const hours = runningSum(thread.mails.map(({ after }) => after));
  const ids = thread.mails.map((_, place) => `thread-${index}.${place}@${DemoDomain}`);
  return thread.mails.flatMap((mail, place) => {
    // A conversation of today ends before now.
    const time = Math.min(start + (hours[place] ?? 0) * Hour, now - (thread.mails.length - place) * 60_000);
    if (!concerns(mail, owner)) return [];
    const letter: Letter = {
      ...letterOf(mail, files),
      subject: place === 0 ? thread.subject : `Re: ${thread.subject}`,
      date: new Date(time),
      messageId: ids[place] ?? '',
      references: ids.slice(0, place),
    };
    return [
      {
        folder: { role: mail.by === owner ? 'sent' : thread.archived ? 'archive' : 'inbox' },
        raw: writeLetter(letter),
        received: letter.date,
        state: threadState(thread, place, owner, now),
      },
    ];
  });
};

const runningSum = (numbers: readonly number[]): number[] => {
  const sums: number[] = [];
  for (const number of numbers) sums.push((sums.at(-1) ?? 0) + number);
  return sums;
};

const concerns = ({ by, to, cc = [] }: ThreadMail, owner: Owner): boolean => [by, ...to, ...cc].includes(owner);

const letterOf = (
  mail: ThreadMail,
  files: DemoFiles,
): Omit<Letter, 'subject' | 'date' | 'messageId' | 'references'> => ({
  from: people[mail.by],
  to: mail.to.map(personOf),
  cc: (mail.cc ?? []).map(personOf),
  text: mail.text,
  html: mail.html,
  picture: mail.picture && files(mail.picture),
  attachments: (mail.attachments ?? []).map(files),
  latin1: mail.latin1,
  important: mail.important,
});

const personOf = (key: PersonKey): Person => people[key];

/** Days within which the last mail of a conversation is still unread. */
const UnreadDays = 1.5;

const threadState = (thread: Thread, place: number, owner: Owner, now: number): DemoState => {
  const last = place === thread.mails.length - 1;
  const own = thread.mails[place]?.by === owner;
  const answered = !own && thread.mails[place + 1]?.by === owner;
  return {
    seen: own || !last || thread.days > UnreadDays,
    answered,
    ...(answered && { lastVerbAt: new Date(timeAgo(now, thread.days, thread.hour) + Hour) }),
    categories: thread.categories ?? [],
    ...(last && thread.flag !== undefined && { flagged: true, flag: flags[thread.flag](now) }),
  };
};

/** Follow-up flags as Outlook sets them ([MS-ASEMAIL] 2.2.2.34). */
const flags = {
  followUp: (now: number): EmailFlag => {
    const [start, due] = [new Date(Math.floor(now / Day) * Day), new Date(Math.floor(now / Day + 3) * Day)];
    const dates = { startDate: start, utcStartDate: start, dueDate: due, utcDueDate: due };
    return { status: 2, flagType: 'Flag for follow up', subject: 'Follow up', reminderSet: false, ...dates };
  },
  done: (now: number): EmailFlag => {
    const completed = new Date(Math.floor(now / Day) * Day - 2 * Day);
    return { status: 1, flagType: 'Flag for follow up', completeTime: completed, dateCompleted: completed };
  },
} as const;

const seriesMail = (one: Series, owner: Owner, now: number, files: DemoFiles): DemoMail[] =>
  Array.from({ length: one.count }, (_, age) => {
    const number = one.count - age;
    const date = new Date(timeAgo(now, one.first + age * one.every, one.hour));
    const text = turn(one.texts, age);
    return {
      folder: one.folder ?? { role: 'inbox' },
      raw: writeLetter({
        from: people[one.by],
        to: [people[owner]],
        cc: [],
        subject: turn(one.subjects, age).replace('#', String(number)),
        date,
        messageId: `${one.by}.${number}.${owner}@${DemoDomain}`,
        references: [],
        text,
        html: one.html ? htmlOf(one, number, text) : undefined,
        picture: one.picture && files(one.picture),
        attachments: (one.attachments ?? []).map(files),
        listId: one.listId,
      }),
      received: date,
      state: { seen: age >= one.unread },
    };
  });

const turn = (texts: readonly string[], age: number): string => texts[age % texts.length] ?? '';

const htmlOf = (one: Series, number: number, text: string): string => {
  const paragraphs = text.split('\n\n').map((paragraph) => `<p>${paragraph.replace(/\n/g, '<br>')}</p>`);
  const picture = one.picture === undefined ? '' : '<img src="cid:picture" width="64" height="64" alt="">';
  return (
    `<table width="600" style="font-family: sans-serif"><tr><td>${picture}</td>` +
    `<td><h1 style="color: #c83c28">${people[one.by].name}</h1><small>No. ${number}</small></td></tr>` +
    `<tr><td colspan="2">${paragraphs.join('')}<hr>` +
    `<p><a href="https://${people[one.by].address.split('@')[1]}/unsubscribe">Unsubscribe</a></p></td></tr></table>`
  );
};

const drafts: readonly { readonly to: PersonKey; readonly subject: string; readonly text: string }[] = [
  {
    to: 'carla',
    subject: 'Idea for the summer timetable',
    text: 'Carla,\n\nwhat if the last train waited for the ferry',
  },
  { to: 'farah', subject: 'Frame for the photograph', text: 'Liebe Farah,\n\nwelche Größe hätte der Rahmen für' },
];

const draftMail = (owner: Owner, now: number): DemoMail[] =>
  drafts.map(({ to, subject, text }, index) => {
    const date = new Date(timeAgo(now, 2 + index * 5, 17));
    const messageId = `draft.${index}.${owner}@${DemoDomain}`;
    const letter = { from: people[owner], to: [people[to]], cc: [], subject, date, messageId, text };
    return {
      folder: { role: 'drafts' },
      raw: writeLetter({ ...letter, references: [], attachments: [] }),
      received: date,
      state: { seen: true, draft: true },
    };
  });
