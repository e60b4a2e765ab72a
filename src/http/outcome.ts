import type { Piece } from '../../protocol/wbxml/bytes.ts';

/** All of a response, before anything is sent. */
export interface Outcome {
  readonly http: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent or empty: no body. */
  readonly body?: readonly Piece[] | undefined;
  /** Whether the body may be compressed: only WBXML is worth it. */
  readonly compressible?: boolean | undefined;
  /** Status in the document, where the server itself chose it, for the log. */
  readonly status?: number | undefined;
  /** Told once whether the whole response left this machine. */
  readonly onSent?: ((delivered: boolean) => void) | undefined;
}

/** A response of plain text for people who look with a browser. */
export const textOutcome = (http: number, text: string, headers: Readonly<Record<string, string>> = {}): Outcome => ({
  http,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers },
  body: [Buffer.from(`${text}\n`)],
});
