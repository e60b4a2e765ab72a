import { crc32, deflateSync } from 'node:zlib';

/** A file that hangs on a mail. */
export interface DemoFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Gives the files of the demo by name. */
export type DemoFiles = (key: AttachmentKey) => DemoFile;

/** Makes the files of the demo; the same ones each time, and each once. */
export const demoFiles = (): DemoFiles => {
  const made = new Map<AttachmentKey, DemoFile>();
  return (key) => {
    const file = made.get(key) ?? makers[key]();
    made.set(key, file);
    return file;
  };
};

const pdf =
  (name: string, ...lines: string[]) =>
  (): DemoFile => ({ name, type: 'application/pdf', bytes: pdfOf(lines) });
const png = (name: string, width: number, height: number, shade: Shade) => (): DemoFile => ({
  name,
  type: 'image/png',
  bytes: pngOf(width, height, shade),
});

/** Red, green and blue, 0 to 255, at a place between 0 and 1 across and down. */
type Shade = (across: number, down: number) => readonly [number, number, number];

const evening: Shade = (x, y) => {
  const sun = Math.exp(-((x - 0.6) ** 2 + (y - 0.45) ** 2) * 60);
  const wave = y > 0.6 ? Math.sin(x * 90 + y * 400) * 18 : 0;
  return [40 + 160 * (1 - y) + 150 * sun + wave, 30 + 70 * (1 - y) + 110 * sun + wave, 80 + 60 * y + wave];
};
const bridge: Shade = (x, y) => {
  const steel = Math.abs(y - 0.5 - 0.3 * (x - 0.5) ** 2 * 4) < 0.02 || (x * 12) % 1 < 0.06 ? 0.35 : 1;
  return [150 * steel, 180 * steel, (225 - 60 * y) * steel];
};
const tracks: Shade = (x, y) => {
  const line = Math.abs(y - 0.5 - 0.25 * Math.sin(x * 7)) < 0.012;
  return line ? [180, 30, 40] : [238 - 20 * Math.sin(x * 31), 240, 226 - 14 * Math.sin(y * 23)];
};
const mark: Shade = (x, y) => (Math.abs(x - y) < 0.12 || Math.abs(x + y - 1) < 0.12 ? [200, 60, 40] : [250, 244, 230]);

const makers = {
  agenda: pdf('Agenda spring meeting.pdf', 'Agenda', '1. Figures of the year', '2. The new depot', '3. Timetable'),
  protocol: pdf('Übergabeprotokoll.pdf', 'Handover protocol', 'Keys: 4', 'Meter: 10482 kWh'),
  offer: pdf('Offer insurance.pdf', 'Insurance of the depot', 'Fire, water: included', 'Storm: 118.40 a year'),
  invoice: pdf('Rechnung.pdf', 'Rechnung', 'Strom und Gas', 'Betrag: 86,00 EUR'),
  ticket: pdf('Ticket.pdf', 'Single ticket', '2nd class, seat 42, coach 7'),
  harbour: png('harbour.png', 360, 240, evening),
  bridge: png('Brücke.png', 420, 280, bridge),
  map: png('map of the line.png', 300, 200, tracks),
  logo: png('logo.png', 64, 64, mark),
  figures: (): DemoFile => ({
    name: 'Figures Q3.csv',
    type: 'text/csv',
    bytes: new TextEncoder().encode(figuresTable()),
  }),
} as const satisfies Record<string, () => DemoFile>;

/** Name of a file in the table above. */
export type AttachmentKey = keyof typeof makers;

const figuresTable = (): string => {
  const rows = Array.from({ length: 90 }, (_, day) => `${day + 1};${310 + ((day * 37) % 190)};${(day * 53) % 40}`);
  return ['day;passengers;bicycles', ...rows, ''].join('\r\n');
};

/** A one-page PDF 1.4 of some lines of ASCII, with a right cross-reference table. */
const pdfOf = (lines: readonly string[]): Uint8Array => {
  const text = lines.map((line) => `(${line.replace(/[()\\]/g, '\\$&')}) Tj T*`).join('\n');
  const stream = `BT /F1 16 Tf 24 TL 72 760 Td\n${text}\nET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`;
  return new TextEncoder().encode(`${body}${table}${trailer}`);
};

/** A PNG of 8 bits a colour, without filter. */
const pngOf = (width: number, height: number, shade: Shade): Uint8Array => {
  const rows = Buffer.alloc((width * 3 + 1) * height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    at++;
    for (let x = 0; x < width; x++) {
      for (const value of shade(x / width, y / height)) rows[at++] = Math.max(0, Math.min(255, Math.round(value)));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [pngChunk('IHDR', header), pngChunk('IDAT', deflateSync(rows)), pngChunk('IEND', Buffer.alloc(0))];
  return new Uint8Array(Buffer.concat([signature, ...chunks]));
};

const pngChunk = (type: string, data: Buffer): Buffer => {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
};
