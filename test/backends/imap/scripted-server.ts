import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/**
 * What is answered to commands that match: lines before the last are untagged (or `+`), the last
 * gets the tag; `undefined`: nothing at all; an empty last line: the tagged one is owed until DONE.
 */
export type Script = readonly (readonly [command: RegExp, answer: string | undefined])[];

/** An IMAP server that answers as no real one can be made to. */
export interface ScriptedServer {
  readonly port: number;
  /** Commands it was sent, without tags; `DONE` too. */
  readonly heard: string[];
  /** Sends lines to all connections, unasked. */
  say(...lines: string[]): void;
  close(): Promise<void>;
}

const Usual: Script = [
  [/^NAMESPACE/, '* NAMESPACE (("" "/")) NIL NIL\nOK'],
  [/^ENABLE/, '* ENABLED QRESYNC CONDSTORE\nOK'],
  [/^IDLE/, '+ idling\n'],
  [/^LIST/, '* LIST () "/" INBOX\nOK'],
  [/^LOGOUT/, '* BYE\nOK'],
  [/./, 'OK done'],
];

/** The lines of an answer, the last with the tag. */
const withTag = (answer: string, tag: string): string => {
  const lines = answer.split('\n');
  const last = lines.pop();
  return [...lines, ...(last ? [`${tag} ${last}`] : [])].map((line) => `${line}\r\n`).join('');
};

/** Starts it; what `script` does not know is answered as usual or with OK. */
export const startScript = async (script: Script, capabilities = 'ID LITERAL+'): Promise<ScriptedServer> => {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const answers: Script = [...script, [/^CAPABILITY/, `* CAPABILITY IMAP4rev1 ${capabilities}\nOK`], ...Usual];
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.write('* OK ready\r\n');
    let [rest, owed] = ['', ''];
    const hear = (line: string) => {
      const [, tag, command] = /^(\S+) (.*)$/.exec(line) ?? [];
      heard.push(command ?? line);
      if (line === 'DONE') socket.write(`${owed} OK done\r\n`);
      if (tag === undefined || command === undefined) return;
      const answer = answers.find(([pattern]) => pattern.test(command))?.[1];
      if (answer?.endsWith('\n')) owed = tag;
      if (answer !== undefined) socket.write(withTag(answer, tag));
    };
    socket.on('data', (bytes) => {
      const lines = (rest + bytes.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      lines.forEach(hear);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    say: (...lines) => {
      for (const socket of sockets) socket.write(lines.map((line) => `${line}\r\n`).join(''));
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
