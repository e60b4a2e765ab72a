import type { Chance } from '../../support/chance.ts';

/** VEVENTs, VTODOs and VJOURNALs for the corpus, written from RFC 5545 and independent of the code that reads them. */

/** Lines that may stand in a component: how often, in percent, and their forms. */
type Row = readonly [percent: number, ...forms: readonly string[]];

const drawn = (rows: readonly Row[], chance: Chance): string[] =>
  rows.flatMap(([percent, ...forms]) => (chance.percent(percent) ? (chance.one(forms) ?? []) : []));

const Long = 'und ein langer Text, der ueber das Ende der Zeile hinausgeht und deshalb gefaltet wird';

/** Properties of RFC 5545 3.8 that stand in each of the three components, with their parameters, and of RFC 7986. */
const Common: readonly Row[] = [
  [85, `SUMMARY;LANGUAGE=de:Besprechung\\, ${Long}`, 'SUMMARY:x', 'summary;ALTREP="cid:1":Lunch\\; now'],
  [
    50,
    'DESCRIPTION;ALTREP="cid:x@y":Zeile 1\\nZeile 2\\; Ende',
    `DESCRIPTION:${Long}\\N${Long}`,
    'DESCRIPTION:Ümläut 🎉',
  ],
  [35, 'CLASS:PRIVATE', 'CLASS:PUBLIC', 'CLASS:CONFIDENTIAL', 'CLASS:X-OWN'],
  [40, 'CATEGORIES:ANNIVERSARY,PERSONAL,a\\,b', 'CATEGORIES;LANGUAGE=en:APPOINTMENT\r\nCATEGORIES:EDUCATION'],
  [15, 'COMMENT:The meeting really needs to include both ourselves', 'COMMENT;ALTREP="cid:c";LANGUAGE=fr:oui'],
  [10, 'CONTACT;ALTREP="ldap://example.com:6666/o=ABC":Jim Dolittle\\, ABC Industries'],
  [15, 'ATTACH:CID:jsmith.part3.960817T083000.xyzMail@example.com', 'ATTACH;FMTTYPE=text/plain:http://x.example/a.txt'],
  [15, 'ATTACH;FMTTYPE=text/plain;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.txt:aGFsbG8='],
  [10, 'RELATED-TO;RELTYPE=SIBLING:19960401-080045-4000F192713@example.com'],
  [15, 'URL;VALUE=URI:http://example.com/pub/calendars/jsmith/mytime.ics'],
  [15, 'REQUEST-STATUS:2.8;Success\\, repeating event ignored;RRULE:FREQ=WEEKLY'],
  [20, 'SEQUENCE:2'],
  [60, 'DTSTAMP:19971210T080000Z'],
  [50, 'CREATED:19960329T133000Z'],
  [40, 'LAST-MODIFIED:19960817T133000Z'],
  [10, 'COLOR:turquoise', 'IMAGE;VALUE=URI;DISPLAY=BADGE;FMTTYPE=image/png:http://x.example/i.png'],
  [10, 'X-OWN;P="1;2":\\,odd\\;', 'X-APPLE-SORT-ORDER:1', 'NON-SMOKING;VALUE=BOOLEAN:TRUE', 'X-NULL:'],
];

const Meeting: readonly Row[] = [
  [
    25,
    [
      'ORGANIZER;CN=Anna Ek:mailto:anna@example.org',
      'ATTENDEE;CN=Anna Ek;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:Anna@example.org',
      'ATTENDEE;RSVP=TRUE;DELEGATED-TO="mailto:c@x.org";CN="Bo, B";DIR="ldap://x/o=B":MAILTO:bo@example.org',
      'ATTENDEE;CUTYPE=ROOM;PARTSTAT=TENTATIVE;MEMBER="mailto:g@x.org":mailto:room@example.org',
    ].join('\r\n'),
    [
      'ORGANIZER;SENT-BY="mailto:s@x.org";LANGUAGE=en:mailto:boss@example.org',
      'ATTENDEE;PARTSTAT=ACCEPTED;X-NUM=1:mailto:anna@example.org',
      'ATTENDEE;DELEGATED-FROM="mailto:d@example.org";EMAIL=d@example.org;ROLE=OPT-PARTICIPANT:urn:uuid:1234',
    ].join('\r\n'),
  ],
];

const Alarms: readonly Row[] = [
  [30, 'BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT30M\r\nDESCRIPTION:Breakfast meeting\r\nEND:VALARM'],
  [
    10,
    'BEGIN:VALARM\r\nTRIGGER;RELATED=END:-P2D\r\nACTION:EMAIL\r\nATTENDEE:mailto:j@x.org\r\nSUMMARY:x\r\nEND:VALARM',
  ],
  [
    10,
    'BEGIN:VALARM\r\nTRIGGER;VALUE=DATE-TIME:20260309T133000Z\r\nREPEAT:4\r\nDURATION:PT15M\r\nACTION:AUDIO\r\nEND:VALARM',
  ],
];

/** Begin and end, with rules and exceptions that belong to them. */
const EventTimes: readonly string[] = [
  'DTSTART;TZID=Europe/Berlin:20260310T100000\r\nDTEND;TZID=Europe/Berlin:20260310T113000',
  'DTSTART:20260310T100000Z\r\nDURATION:PT1H',
  'DTSTART:20260310T100000',
  'DTSTART;VALUE=DATE:20260310\r\nDTEND;VALUE=DATE:20260312',
  'DTSTART;VALUE=DATE:20260310',
  'DTSTART;TZID=America/New_York;X-ODD="a:b":20060310T100000\r\nDTEND;TZID=Europe/Berlin:20060310T170000',
  'DTSTART;TZID="Own Zone":20260310T100000\r\nDTEND;TZID="Own Zone":20260310T110000',
  'DTSTART;TZID=Australia/Lord_Howe:20260310T003000\r\nDTEND;TZID=Australia/Lord_Howe:20260310T013000',
  'DTSTART;TZID=W. Europe Standard Time:20260310T000000\r\nDURATION:P1D\r\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE',
  'DTSTART;TZID=/freeassociation.sourceforge.net/Tzfile/Asia/Tokyo:20260310T235900\r\nDURATION:PT0S',
];

const EventRules: readonly string[] = [
  'RRULE:FREQ=DAILY;COUNT=10',
  'RRULE:FREQ=DAILY;INTERVAL=3',
  'RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261231T090000Z',
  'RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU',
  'RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;WKST=MO',
  'RRULE:FREQ=MONTHLY;BYDAY=2TU',
  'RRULE:FREQ=MONTHLY;BYMONTHDAY=10,20',
  'RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=5',
  'RRULE:FREQ=YEARLY\r\nRDATE:20260401T100000Z',
  'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2TU',
  'RRULE:FREQ=YEARLY;BYWEEKNO=11;BYDAY=TU\r\nEXRULE:FREQ=YEARLY;INTERVAL=4',
  'RRULE:FREQ=YEARLY;BYYEARDAY=69',
  'RDATE;VALUE=PERIOD:20260401T100000Z/PT1H,20260402T100000Z/PT1H',
  'RRULE:FREQ=HOURLY;COUNT=3',
  'RRULE:FREQ=DAILY;BYHOUR=9,16;BYMINUTE=0;BYSECOND=0;COUNT=8',
];

const EventRows: readonly Row[] = [
  [40, 'LOCATION;ALTREP="http://x.example/";LANGUAGE=en:Room 1', `LOCATION:Conference Room - F123\\, ${Long}`],
  [15, 'GEO:37.386013;-122.082932', 'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=a:geo:52.5,13.4'],
  [30, 'TRANSP:TRANSPARENT', 'TRANSP:OPAQUE', 'X-MICROSOFT-CDO-BUSYSTATUS:OOF'],
  [20, 'STATUS:CONFIRMED', 'STATUS:TENTATIVE', 'STATUS:CANCELLED'],
  [15, 'PRIORITY:1'],
  [10, 'RESOURCES:EASEL,PROJECTOR,VCR', 'RESOURCES;LANGUAGE=fr:Nettoyeur haute pression'],
  [10, 'CONFERENCE;VALUE=URI;FEATURE=AUDIO;LABEL=Call:tel:+1-412-555-0123', 'X-GOOGLE-CONFERENCE:https://meet.x/y'],
  [10, 'X-ALT-DESC;FMTTYPE=text/html:<b>Zeile 1</b><br>'],
  ...Meeting,
];

const TodoTimes: readonly string[] = [
  'DUE;VALUE=DATE:20260401',
  'DTSTART;VALUE=DATE:20260320\r\nDUE;VALUE=DATE:20260401',
  'DUE;TZID=America/New_York:20260310T070000',
  'DTSTART:20260310T110000Z\r\nDURATION:P5D',
  'DTSTART;TZID=Europe/Berlin:20260310T080000\r\nDUE;TZID=Europe/Berlin:20260311T080000',
  'DUE:20260310T120000',
  'X-NO-TIME:1',
];

const TodoRules: readonly string[] = [
  'DTSTART;VALUE=DATE:20260302\r\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4',
  'DTSTART;VALUE=DATE:20260302\r\nRRULE:FREQ=HOURLY',
  'DTSTART;TZID=Europe/Berlin:20260302T080000\r\nRRULE:FREQ=MONTHLY;BYMONTHDAY=2\r\nEXDATE;TZID=Europe/Berlin:20260402T080000',
  'DTSTART:20260302T080000Z\r\nRRULE:FREQ=DAILY;UNTIL=20260401T080000Z\r\nRDATE:20260501T080000Z',
];

const TodoRows: readonly Row[] = [
  [25, 'STATUS:NEEDS-ACTION', 'STATUS:IN-PROCESS', 'STATUS:CANCELLED'],
  [20, 'STATUS:COMPLETED\r\nCOMPLETED:20260310T100000Z\r\nPERCENT-COMPLETE:100', 'COMPLETED:19960401T150000Z'],
  [15, 'PERCENT-COMPLETE:39'],
  [40, 'PRIORITY:1', 'PRIORITY:4', 'PRIORITY:5', 'PRIORITY:9', 'PRIORITY:0'],
  [10, 'GEO:37.386013;-122.082932', 'LOCATION:Conference Room - F123'],
  [10, 'RESOURCES:EASEL'],
  [10, 'X-EVOLUTION-CALDAV-ETAG:1', 'X-APPLE-SORT-ORDER:123', 'X-POSTRIDER-SUB-ORDINAL-DATE:5'],
  ...Meeting,
];

const JournalRows: readonly Row[] = [
  [25, 'STATUS:DRAFT', 'STATUS:FINAL', 'STATUS:CANCELLED'],
  [40, 'DTSTART;VALUE=DATE:19970317', 'DTSTART:19970324T120000Z'],
  [5, 'RRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:19980317'],
  [20, 'DESCRIPTION:a second text'],
  ...Meeting,
];

const OwnZone = [
  ...[
    'BEGIN:VTIMEZONE',
    'TZID:Own Zone',
    'LAST-MODIFIED:20050809T050000Z',
    'TZURL:http://zones.example.com/tz/own.ics',
  ],
  ...['BEGIN:STANDARD', 'DTSTART:19671029T020000', 'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10', 'TZOFFSETFROM:+0430'],
  ...['TZOFFSETTO:+0330', 'TZNAME;LANGUAGE=en:OST', 'COMMENT:own', 'END:STANDARD'],
  ...['BEGIN:DAYLIGHT', 'DTSTART:19870405T020000', 'RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=4', 'TZOFFSETFROM:+0330'],
  ...['TZOFFSETTO:+0430', 'RDATE:19860405T020000', 'TZNAME:ODT', 'END:DAYLIGHT', 'END:VTIMEZONE'],
];

/** What else may stand in a calendar: it is nobody's business. */
const Beside: readonly Row[] = [
  [
    10,
    'NAME;LANGUAGE=en:Mine',
    'X-WR-CALNAME:Mine',
    'REFRESH-INTERVAL;VALUE=DURATION:P1W',
    'SOURCE;VALUE=URI:https://x/y',
  ],
  [5, 'METHOD:PUBLISH'],
  [10, 'BEGIN:X-OWN\r\nA:1\r\nEND:X-OWN'],
  [
    5,
    'BEGIN:VFREEBUSY\r\nUID:f\r\nDTSTAMP:19970901T120000Z\r\nFREEBUSY;FBTYPE=BUSY-UNAVAILABLE:19970308T160000Z/PT8H30M\r\nEND:VFREEBUSY',
  ],
];

const folded = (line: string, chance: Chance): string =>
  line.length < 60 || chance.percent(60) ? line : `${line.slice(0, 50)}\r\n${chance.one([' ', '\t'])}${line.slice(50)}`;

const calendarOf = (chance: Chance, ...lines: string[]): string =>
  [
    ...[
      'BEGIN:VCALENDAR',
      'PRODID:-//xyz Corp//NONSGML PDA Calendar Version 1.0//EN',
      'VERSION:2.0',
      'CALSCALE:GREGORIAN',
    ],
    ...drawn(Beside, chance),
    ...lines,
    ...['END:VCALENDAR', ''],
  ]
    .flatMap((line) => line.split('\r\n'))
    .map((line) => folded(line, chance))
    .join('\r\n')
    .replaceAll('\r\n', chance.percent(25) ? '\n' : '\r\n');

const shuffled = (lines: readonly string[], chance: Chance): string[] =>
  lines
    .map((line) => [chance.below(1_000), line] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, line]) => line);

/** The value of DTSTART some days on, in the form that it has. */
const later = (dtstart: string, days: number): string =>
  dtstart.replace(/(\d{4})(\d\d)(\d\d)(?=T|$)/, (_, year: string, month: string, day: string) =>
    new Date(Date.UTC(Number(year), Number(month) - 1, Number(day) + days))
      .toISOString()
      .slice(0, 10)
      .replaceAll('-', ''),
  );

/** Occurrences that are gone or differ, some of them none of the series; the first one is always one of it. */
const exceptionsOf = (chance: Chance, uid: string, start: string): { dates: string[]; events: string[] } => {
  const [isFirst, isGone] = [chance.percent(60), chance.percent(40)];
  const exdate = start.replace('DTSTART', 'EXDATE');
  const dates = isFirst ? (isGone ? [exdate] : []) : chance.percent(30) ? [later(exdate, 7)] : [];
  const range = chance.percent(10) ? ';RANGE=THISANDFUTURE' : '';
  const id = later(start.replace('DTSTART', `RECURRENCE-ID${range}`), isFirst ? 0 : 14);
  const own = [
    'BEGIN:VEVENT',
    `UID:${uid}`,
    id,
    later(start, 15),
    ...drawn(Common, chance),
    ...drawn(EventRows, chance),
  ];
  return { dates, events: isGone ? [] : [...own, ...drawn(Alarms, chance), 'END:VEVENT'] };
};

/** An event; the same one for the same chance. */
export const generatedEvent = (chance: Chance, uid: string): string => {
  const times = (chance.one(EventTimes) ?? '').split('\r\n');
  const rules = chance.percent(45) ? (chance.one(EventRules) ?? '').split('\r\n') : [];
  const { dates, events } =
    rules.length > 0 && chance.percent(60) ? exceptionsOf(chance, uid, times[0] ?? '') : { dates: [], events: [] };
  const lines = shuffled([...times, ...rules, ...dates, ...drawn(Common, chance), ...drawn(EventRows, chance)], chance);
  const master = ['BEGIN:VEVENT', `UID:${uid}`, ...lines, ...drawn(Alarms, chance), 'END:VEVENT'];
  return calendarOf(chance, ...OwnZone, ...master, ...events);
};

/** A task; the same one for the same chance. */
export const generatedTodo = (chance: Chance, uid: string): string => {
  const times = (chance.percent(70) ? chance.one(TodoTimes) : chance.one(TodoRules)) ?? '';
  const lines = shuffled([times, ...drawn(Common, chance), ...drawn(TodoRows, chance)], chance);
  return calendarOf(chance, 'BEGIN:VTODO', `UID:${uid}`, ...lines, ...drawn(Alarms, chance), 'END:VTODO');
};

/** A note; the same one for the same chance. */
export const generatedJournal = (chance: Chance, uid: string): string => {
  const lines = shuffled([...drawn(Common, chance), ...drawn(JournalRows, chance)], chance);
  return calendarOf(chance, 'BEGIN:VJOURNAL', `UID:${uid}`, ...lines, 'END:VJOURNAL');
};
