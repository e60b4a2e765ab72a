import type { Chance } from '../../support/chance.ts';

/** vCards for the corpus, written from RFC 6350 and RFC 2426 and independent of the code that reads them. */

/** A line that may stand in a card: how often, in percent, and its forms. */
type Row = readonly [percent: number, ...forms: readonly string[]];

const Picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=';

/** Every property of RFC 6350 6 with every parameter of 5, and what programs add to them. */
const Rows: readonly Row[] = [
  [95, 'N:Doe;Jane;Mary,Ann;Dr.,Prof.;Jr.', 'N;SORT-AS="Harten,Rene":van der Harten;Rene,J.;Sir;R.D.O.N.', 'N:;;;;'],
  [25, 'N;ALTID=1;LANGUAGE=jp:<U+5C71><U+7530>;<U+592A><U+90CE>;;;'],
  [90, 'FN;PREF=1:Jane Doe', 'fn;charset=utf-8:Dr. Jane\\, M. Doe', 'FN;TYPE=home:Rene van der Harten'],
  [30, 'NICKNAME:Jim,Jimmie', 'NICKNAME;TYPE=work:Boss\\, the'],
  [25, `PHOTO;ENCODING=b;TYPE=PNG:${Picture}`, `PHOTO:data:image/png;base64,${Picture}`],
  [15, 'PHOTO;MEDIATYPE=image/gif;VALUE=uri:http://www.example.com/pub/photos/jqpublic.gif'],
  [40, 'BDAY:19960415', 'BDAY:1996-04-15', 'BDAY;VALUE=text:circa 1800', 'BDAY:--0415', 'BDAY:19531015T231000Z'],
  [20, 'ANNIVERSARY:20090808', 'ANNIVERSARY;CALSCALE=gregorian:20090808T1430-0500', 'X-ANNIVERSARY:2009-08-08'],
  [10, 'GENDER:M;Fellow', 'GENDER:O;intersex'],
  [
    60,
    'ADR;GEO="geo:12.3457,78.910";LABEL="Mr. John Q. Public, Esq.\\nMail Drop":;;123 Main Street;Any Town;CA;91921-1234;U.S.A.',
    'ADR;TYPE=home:PO Box 7;Apt. 3;Unter den Linden 1,2;Berlin;;10117;Germany',
    'item1.ADR;TYPE=WORK;TYPE=pref:;;1 Infinite\\, Loop;Cupertino;CA;95014;',
  ],
  [20, 'ADR;TYPE=other;LANGUAGE=de;TZ=Europe/Berlin:;;Gasse 1;Wien;;1010;Austria', 'item1.X-ABADR:us'],
  [70, 'TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-555-555-5555;ext=5555', 'TEL;TYPE=cell:+49 170 1234567'],
  [50, 'TEL;HOME;VOICE:(030) 12 34', 'TEL;TYPE=work,voice,pref:+44 20 7946 0000', 'TEL;TYPE=WORK:1'],
  [30, 'TEL;TYPE=home,fax:030-99', 'TEL;TYPE=work;TYPE=fax:030-98', 'TEL;TYPE=pager:7', 'TEL;TYPE=car:8'],
  [20, 'TEL;TYPE=textphone:9', 'TEL;TYPE=video:10', 'TEL;TYPE=isdn,msg,bbs,modem,pcs:11'],
  [10, 'TEL;TYPE=home:1\r\nTEL;TYPE=home:2\r\nTEL;TYPE=home:3\r\nTEL;TYPE=home:4'],
  [70, 'EMAIL;TYPE=work:jqpublic@xyz.example.com', 'EMAIL;TYPE=INTERNET;PREF=2:jane_doe@example.com'],
  [30, 'EMAIL;PID=4.1,5.2:jane@home.example', 'item2.EMAIL;TYPE=other:j@x.example\r\nitem2.X-ABLabel:_$!<Other>!$_'],
  [10, 'EMAIL:1@x.example\r\nEMAIL:2@x.example\r\nEMAIL:3@x.example\r\nEMAIL:4@x.example'],
  [25, 'IMPP;PREF=1:xmpp:alice@example.com', 'X-AIM;TYPE=HOME:alice', 'IMPP;X-SERVICE-TYPE=Skype:skype:alice'],
  [10, 'LANG;TYPE=work;PREF=1:en\r\nLANG;TYPE=work;PREF=2:fr'],
  [10, 'TZ:Raleigh/North America', 'TZ;VALUE=utc-offset:-0500'],
  [10, 'GEO:geo:37.386013,-122.082932', 'GEO:37.386013;-122.082932'],
  [40, 'TITLE:Research Scientist', 'TITLE;LANGUAGE=en:Shrimp Man\\; and more'],
  [20, 'ROLE:Project Leader'],
  [10, 'LOGO:http://www.example.com/pub/logos/abccorp.jpg'],
  [45, 'ORG:ABC\\, Inc.;North American Division;Marketing', 'ORG;SORT-AS="ABC":ABC Inc', 'ORG:;Department alone'],
  [5, 'MEMBER:urn:uuid:03a0e51f-d1aa-4385-8a53-e29025acd8af'],
  [
    25,
    'RELATED;TYPE=friend:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    'RELATED;TYPE=spouse;VALUE=text:Bo Doe',
    'X-SPOUSE:Bo Doe',
    'RELATED;TYPE=child;VALUE=text:Ada\r\nRELATED;TYPE=child;VALUE=text:Cy',
    'X-ABRELATEDNAMES;type=pref:Bo\r\nX-MANAGER:Boss',
    'item3.X-ABRELATEDNAMES:Bo\r\nitem3.X-ABLabel:_$!<Spouse>!$_',
  ],
  [30, 'CATEGORIES:INTERNET,IETF,INDUSTRY', 'CATEGORIES:a\\,b\r\nCATEGORIES;TYPE=work:c'],
  [
    40,
    'NOTE:This fax number is operational 0800 to 1715 EST\\, Mon-Fri.',
    'NOTE;LANGUAGE=de:Erste Zeile\\nZweite Zeile mit \\; und \\\\ und einer langen Fortsetzung, die gefaltet wird',
  ],
  [20, 'PRODID:-//ONLINE DIRECTORY//NONSGML Version 1//EN'],
  [30, 'REV:19951031T222710Z'],
  [5, 'SOUND:CID:JOHNQPUBLIC.part8.19960229T080000.xyzMail@example.com'],
  [5, 'CLIENTPIDMAP:1;urn:uuid:3df403f4-5924-4bb7-b077-3c711d9eb34b'],
  [30, 'URL:http://example.org/restaurant.french/~chezchic.html', 'URL;TYPE=home;MEDIATYPE=text/html:http://x.example'],
  [5, 'KEY;MEDIATYPE=application/pgp-keys:ftp://example.com/keys/jdoe', 'KEY;TYPE=PGP;ENCODING=b:AQID'],
  [5, 'FBURL;PREF=1:http://www.example.com/busy/janedoe'],
  [5, 'CALADRURI;PREF=1:mailto:janedoe@example.com'],
  [5, 'CALURI;MEDIATYPE=text/calendar:ftp://ftp.example.com/calA.ics'],
  [5, 'KIND:individual', 'KIND:group', 'KIND:org'],
  [5, 'SOURCE:ldap://ldap.example.com/cn=Babs%20Jensen,%20o=Babsco,%20c=US'],
  [5, 'XML:<config xmlns="http://example.org/x"><scan pref="0"/></config>'],
  [10, 'X-PHONETIC-FIRST-NAME:ジェーン\r\nX-PHONETIC-LAST-NAME:ドウ\r\nX-PHONETIC-ORG:カ'],
  [10, 'X-EVOLUTION-FILE-AS:Doe\\, Jane', 'X-EVOLUTION-OFFICE:3.14'],
  [15, 'X-ODD;P="a;b:c";Q=^n^\':  kept\\, as \\it is ', 'X-EMPTY:', 'CLASS:PUBLIC', 'SORT-STRING:Doe', 'MAILER:x'],
];

const lineBreaks = ['\r\n', '\r\n', '\n'];

/** Folds long lines as their writer would: at some octet, with a space or a tab. */
const folded = (text: string, chance: Chance): string =>
  text.length < 60 || chance.percent(60) ? text : `${text.slice(0, 45)}\r\n${chance.one([' ', '\t'])}${text.slice(45)}`;

/** A card; the same one for the same chance. */
export const generatedCard = (chance: Chance, uid: string): string => {
  const version = chance.one(['3.0', '4.0']);
  const lines = Rows.flatMap(([percent, ...forms]) => (chance.percent(percent) ? (chance.one(forms) ?? []) : []));
  const whole = ['BEGIN:VCARD', `VERSION:${version}`, `UID:${uid}`, ...lines, 'END:VCARD', '']
    .flatMap((line) => line.split('\r\n'))
    .map((line) => folded(line, chance))
    .join('\r\n');
  return whole.replaceAll('\r\n', chance.one(lineBreaks) ?? '\r\n');
};
