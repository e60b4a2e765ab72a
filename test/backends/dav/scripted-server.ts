import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Declarations } from '../../../backends/dav/names.ts';

/** A request as the scripted server got it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer; `drop`: the connection is closed instead. */
export interface Said {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly drop?: boolean;
}

/** A DAV server that says what a test tells it to say. */
export interface ScriptedDav {
  readonly url: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

/** Starts a server that answers with `answer`; what it does not answer is 404. */
export const scriptedDav = async (answer: (asked: Asked) => Said | undefined): Promise<ScriptedDav> => {
  const asked: Asked[] = [];
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, headers, body: Buffer.concat(parts).toString() };
      asked.push(one);
      const said = answer(one) ?? { status: 404 };
      if (said.drop) {
        request.socket.destroy();
        return;
      }
      response.writeHead(said.status, said.headers);
      response.end(said.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** What a multistatus says about one address: properties, or a status without any. */
export interface Told {
  readonly href: string;
  readonly props?: string;
  readonly status?: number;
}

/** A multistatus; `end` stands after the resources. */
export const multistatus = (told: readonly Told[], end = ''): Said => ({
  status: 207,
  headers: { 'content-type': 'application/xml; charset=utf-8' },
  body: `<?xml version="1.0"?><D:multistatus ${Declarations}>${told.map(response).join('')}${end}</D:multistatus>`,
});

const response = ({ href, props, status }: Told): string => {
  const content =
    props === undefined
      ? `<D:status>HTTP/1.1 ${status ?? 404} Told</D:status>`
      : `<D:propstat><D:prop>${props}</D:prop><D:status>HTTP/1.1 ${status ?? 200} OK</D:status></D:propstat>`;
  return `<D:response><D:href>${href}</D:href>${content}</D:response>`;
};

/** An error with a precondition (RFC 4918, 16). */
export const davError = (status: number, condition: string): Said => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<D:error ${Declarations}><${condition}/></D:error>`,
});

/** Properties of a calendar in a home. */
export const calendarProps = (
  name: string,
  options: { token?: string; components?: string[]; more?: string } = {},
): string => {
  const { token = 't1', components = ['VEVENT'], more = '' } = options;
  const set = components.map((component) => `<C:comp name="${component}"/>`).join('');
  return (
    `<D:resourcetype><D:collection/><C:calendar/></D:resourcetype><D:displayname>${name}</D:displayname>` +
    `<D:sync-token>${token}</D:sync-token><C:supported-calendar-component-set>${set}</C:supported-calendar-component-set>${more}`
  );
};
