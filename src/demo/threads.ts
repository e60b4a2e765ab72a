import type { AttachmentKey } from './attachments.ts';
import type { PersonKey } from './people.ts';

/** One mail of a conversation. */
export interface ThreadMail {
  readonly by: PersonKey;
  readonly to: readonly PersonKey[];
  readonly cc?: readonly PersonKey[];
  /** Hours after the mail before it. */
  readonly after: number;
  readonly text: string;
  /** The same as HTML; `text` is then its plain alternative. */
  readonly html?: string;
  /** Picture shown within the HTML as `cid:picture`. */
  readonly picture?: AttachmentKey;
  readonly attachments?: readonly AttachmentKey[];
  /** Latin-1 instead of UTF-8, as older programs write. */
  readonly latin1?: boolean;
  readonly important?: boolean;
}

/** A conversation; every owner of an account who takes part has its mails. */
export interface Thread {
  readonly subject: string;
  /** Days ago that it began. */
  readonly days: number;
  readonly hour: number;
  /** Flags that the owners put on its last mail. */
  readonly flag?: 'followUp' | 'done';
  readonly categories?: readonly string[];
  /** Put away by the owners. */
  readonly archived?: boolean;
  readonly mails: readonly ThreadMail[];
}

/** The conversations of the demo, the newest first. */
export const threads: readonly Thread[] = [
  {
    subject: 'Lunch on Thursday?',
    days: 0.2,
    hour: 8,
    mails: [
      {
        by: 'ben',
        to: ['anna'],
        after: 0,
        text: 'Hi Anna,\n\nthe place by the canal is open again. Thursday at 12:30?\n\nBen',
      },
      { by: 'anna', to: ['ben'], after: 0.3, text: 'Gladly, I book a table outside. Shall we ask Carla, too?\n\nAnna' },
      { by: 'ben', to: ['anna'], cc: ['carla'], after: 0.2, text: 'Yes! Carla, are you in town?\n\nBen' },
    ],
  },
  {
    subject: 'Übergabe der Schlüssel am Freitag',
    days: 1,
    hour: 9,
    flag: 'followUp',
    mails: [
      {
        by: 'david',
        to: ['anna', 'ben'],
        after: 0,
        important: true,
        text: 'Guten Morgen zusammen,\n\nam Freitag um 10 Uhr übergibt uns der Verwalter die Schlüssel für die neuen Räume. Bitte bringt euren Ausweis mit; das Protokoll hängt an.\n\nViele Grüße\nDavid',
        attachments: ['protocol'],
      },
      {
        by: 'anna',
        to: ['david'],
        cc: ['ben'],
        after: 2,
        text: 'Ich bin dabei. Wer misst die Fenster aus?\n\nGrüße, Anna',
      },
      {
        by: 'david',
        to: ['anna'],
        cc: ['ben'],
        after: 1.5,
        text: 'Das übernehme ich – mit dem Laser von Herrn Müller. Maße schicke ich später.\n\nDavid',
      },
    ],
  },
  {
    subject: 'Photos from the harbour',
    days: 2,
    hour: 19,
    categories: ['Private'],
    mails: [
      {
        by: 'farah',
        to: ['ben', 'anna'],
        after: 0,
        text: 'Here are two pictures from Sunday. The light was unreal.\n\nFarah',
        html: '<p>Here are two pictures from Sunday. <em>The light was unreal.</em></p><p><img src="cid:picture" alt="Evening at the harbour" width="320"></p><p>Farah</p>',
        picture: 'harbour',
        attachments: ['bridge'],
      },
      { by: 'anna', to: ['farah'], after: 14, text: 'Wonderful, the first one goes on my wall. Thank you!\n\nAnna' },
      { by: 'ben', to: ['farah', 'anna'], after: 1, text: 'What lens was that?\n\nBen' },
      {
        by: 'farah',
        to: ['ben'],
        cc: ['anna'],
        after: 3,
        text: 'An old 35 mm that I found at the flea market for ten euros.\n\nFarah',
      },
    ],
  },
  {
    subject: 'Draft agenda for the spring meeting',
    days: 4,
    hour: 11,
    flag: 'followUp',
    categories: ['Project'],
    mails: [
      {
        by: 'carla',
        to: ['anna'],
        cc: ['ben', 'emi'],
        after: 0,
        text: 'Dear all,\n\nattached is the agenda. Please tell me by Wednesday what is missing.\n\n1. Figures of the year\n2. The new depot\n3. Timetable of the summer\n\nBest,\nCarla',
        html: '<p>Dear all,</p><p>attached is the agenda. Please tell me by <strong>Wednesday</strong> what is missing.</p><ol><li>Figures of the year</li><li>The new depot</li><li>Timetable of the summer</li></ol><p>Best,<br>Carla</p>',
        attachments: ['agenda'],
      },
      {
        by: 'emi',
        to: ['carla'],
        cc: ['anna', 'ben'],
        after: 6,
        text: 'お疲れ様です。\n\nPlease add ten minutes for the ticket machines.\n\n田中',
      },
      {
        by: 'ben',
        to: ['carla'],
        cc: ['anna', 'emi'],
        after: 17,
        text: 'I can present the depot; the plans are nearly done.\n\nBen',
      },
      { by: 'anna', to: ['carla'], cc: ['ben', 'emi'], after: 3, text: 'Fine with me. I bring the figures.\n\nAnna' },
      {
        by: 'carla',
        to: ['anna', 'ben', 'emi'],
        after: 20,
        text: 'Thank you all, this is the final version then.\n\nCarla',
        attachments: ['agenda'],
      },
    ],
  },
  {
    subject: 'Figures of the third quarter',
    days: 7,
    hour: 10,
    flag: 'done',
    categories: ['Project', 'Figures'],
    mails: [
      {
        by: 'anna',
        to: ['ben'],
        after: 0,
        text: 'Ben,\n\ncan you look over the table before it goes to Carla? Row 14 puzzles me.\n\nAnna',
        attachments: ['figures'],
      },
      {
        by: 'ben',
        to: ['anna'],
        after: 4,
        text: 'Row 14 counted the shuttle twice. Corrected table attached.\n\nBen',
        attachments: ['figures'],
      },
      { by: 'anna', to: ['ben'], after: 0.5, text: 'That was it. Thanks!\n\nAnna' },
    ],
  },
  {
    subject: 'Re-painting of coach 7',
    days: 9,
    hour: 15,
    mails: [
      {
        by: 'david',
        to: ['ben'],
        after: 0,
        latin1: true,
        text: 'Hallo Ben,\n\nder Lack für Wagen 7 ist da: Weinrot für die Türen, Elfenbein für das Dach. Größe der Dosen: 5 l. Für die Beschläge fehlt uns noch Öl.\n\nGrüße\nDavid',
      },
      {
        by: 'ben',
        to: ['david'],
        cc: ['anna'],
        after: 5,
        text: 'Perfekt. Samstag ab neun, ich bringe Frühstück mit.\n\nBen',
      },
      { by: 'anna', to: ['ben', 'david'], after: 2, text: 'Ich komme auch, aber nur mit Schürze!\n\nAnna' },
      {
        by: 'david',
        to: ['ben', 'anna'],
        after: 40,
        text: 'Schön war’s. Die zweite Schicht am nächsten Samstag?\n\nDavid',
      },
    ],
  },
  {
    subject: 'Your talk in Osaka',
    days: 13,
    hour: 7,
    categories: ['Travel'],
    mails: [
      {
        by: 'emi',
        to: ['anna'],
        after: 0,
        text: 'アンナさん、\n\nthe organisers confirmed your talk: “Small railways, large hearts”, 40 minutes, second day, 10:00.\n\n田中 恵美',
        html: '<p>アンナさん、</p><p>the organisers confirmed your talk: <b>“Small railways, large hearts”</b>, 40 minutes, second day, 10:00.</p><p>田中 恵美</p>',
      },
      {
        by: 'anna',
        to: ['emi'],
        after: 3,
        text: 'ありがとう！ I book the flights this week. Which hotel do you recommend?\n\nAnna',
      },
      {
        by: 'emi',
        to: ['anna'],
        after: 15,
        text: 'The one beside the old station, of course. 🚂\n\n恵美',
        attachments: ['map'],
      },
    ],
  },
  {
    subject: 'Signal box museum: volunteers wanted',
    days: 18,
    hour: 16,
    mails: [
      {
        by: 'farah',
        to: ['ben'],
        after: 0,
        text: 'Ben, they look for people who can explain the lever frame to school classes. Two mornings a month. You?\n\nFarah',
      },
      { by: 'ben', to: ['farah'], after: 22, text: 'Count me in, Tuesdays are good.\n\nBen' },
      {
        by: 'farah',
        to: ['ben'],
        after: 2,
        text: 'Great, I told them. First class: Tuesday in two weeks, 9:15.\n\nFarah',
      },
    ],
  },
  {
    subject: 'Insurance for the depot',
    days: 24,
    hour: 14,
    archived: true,
    categories: ['Depot'],
    mails: [
      {
        by: 'carla',
        to: ['ben', 'anna'],
        after: 0,
        text: 'The offer is in. Fire and water are covered, storm is extra. Opinions?\n\nCarla',
        attachments: ['offer'],
      },
      { by: 'ben', to: ['carla', 'anna'], after: 8, text: 'With that roof: storm, please.\n\nBen' },
      { by: 'anna', to: ['carla', 'ben'], after: 2, text: 'Agreed.\n\nAnna' },
      { by: 'carla', to: ['ben', 'anna'], after: 30, text: 'Signed, with storm.\n\nCarla' },
    ],
  },
  {
    subject: 'Rezept für den Apfelkuchen',
    days: 33,
    hour: 20,
    archived: true,
    categories: ['Private'],
    mails: [
      {
        by: 'ben',
        to: ['anna'],
        after: 0,
        text: 'Alle fragen nach deinem Apfelkuchen. Verrätst du das Rezept?\n\nBen',
      },
      {
        by: 'anna',
        to: ['ben'],
        after: 12,
        text: 'Aber nur dir:\n\n- 250 g Mehl, 125 g Butter, 80 g Zucker, 1 Ei\n- 1 kg Äpfel (Boskoop!), Zimt, Nüsse\n\n180 °C, 45 Minuten. Süße Grüße\nAnna',
        html: '<p>Aber nur dir:</p><ul><li>250&nbsp;g Mehl, 125&nbsp;g Butter, 80&nbsp;g Zucker, 1&nbsp;Ei</li><li>1&nbsp;kg Äpfel (Boskoop!), Zimt, Nüsse</li></ul><p>180&nbsp;°C, 45 Minuten. Süße Grüße<br>Anna</p>',
      },
      { by: 'ben', to: ['anna'], after: 26, text: 'Erster Versuch: außen Kohle, innen großartig.\n\nBen' },
    ],
  },
  {
    subject: 'Minutes of the board, with the map of the line',
    days: 47,
    hour: 17,
    archived: true,
    categories: ['Project'],
    mails: [
      {
        by: 'anna',
        to: ['ben', 'carla', 'david'],
        after: 0,
        text: 'Dear all,\n\nminutes and map attached. Objections within a week, please.\n\nAnna',
        attachments: ['protocol', 'map'],
      },
      { by: 'david', to: ['anna'], cc: ['ben', 'carla'], after: 20, text: 'None. Well written!\n\nDavid' },
      {
        by: 'carla',
        to: ['anna'],
        cc: ['ben', 'david'],
        after: 6,
        text: 'Item 4: it was Farah who proposed it. Otherwise fine.\n\nCarla',
      },
      { by: 'anna', to: ['ben', 'carla', 'david'], after: 2, text: 'Corrected.\n\nAnna', attachments: ['protocol'] },
    ],
  },
];
