import { RadicalePassword } from '../servers/radicale.ts';

/** A collection of a user on a DAV server. */
export interface DavCollection {
  /** Path of it, with a slash at the end. */
  readonly path: string;
  readonly kind: 'VCARD' | 'VEVENT' | 'VTODO';
}

/** An object as it lies on the server. */
export interface DavObject {
  readonly path: string;
  readonly etag: string;
  readonly text: string;
}

/** Another program of the user: plain CalDAV and CardDAV over HTTP. */
export class DavProgram {
  readonly #url: string;
  readonly #authorization: string;

  constructor(url: string, user: string) {
    this.#url = url;
    this.#authorization = `Basic ${Buffer.from(`${user}:${RadicalePassword}`).toString('base64')}`;
  }

  /** What a method answers; refusals that mean that somebody was quicker are answers. */
  async send(method: string, path: string, body = '', headers: Record<string, string> = {}): Promise<string> {
    const content = body === '' ? {} : { body };
    const answer = await fetch(new URL(path, this.#url), {
      method,
      ...content,
      headers: { authorization: this.#authorization, ...headers },
    });
    const text = await answer.text();
    if (!answer.ok && ![404, 409, 412].includes(answer.status)) throw new Error(`${method} ${path}: ${text}`);
    return text;
  }

  /** All objects of a collection. */
  async objects({ path, kind }: DavCollection): Promise<readonly DavObject[]> {
    const [space, report] = kind === 'VCARD' ? ['carddav', 'addressbook'] : ['caldav', 'calendar'];
    const filter = kind === 'VCARD' ? '' : '<x:filter><x:comp-filter name="VCALENDAR"/></x:filter>';
    const body = `<x:${report}-query xmlns:x="urn:ietf:params:xml:ns:${space}" xmlns:d="DAV:"><d:prop><d:getetag/>
      <x:${report === 'calendar' ? 'calendar' : 'address'}-data/></d:prop>${filter}</x:${report}-query>`;
    const answer = await this.send('REPORT', path, body, { depth: '1', 'content-type': 'application/xml' });
    return [...answer.matchAll(/<response>([\s\S]*?)<\/response>/g)].map(([, response = '']) => ({
      path: /<href>(.*?)<\/href>/.exec(response)?.[1] ?? '',
      etag: unescaped(/<getetag>(.*?)<\/getetag>/.exec(response)?.[1] ?? ''),
      text: unescaped(/-data>([\s\S]*?)<\/\w+:(?:calendar|address)-data>/.exec(response)?.[1] ?? ''),
    }));
  }

  /** Stores a new object, or one in the place of that with an ETag. */
  put(path: string, text: string, etag?: string): Promise<string> {
    return this.replace(path, text, etag === undefined ? { 'if-none-match': '*' } : { 'if-match': etag });
  }

  /** Stores an object whatever was there. */
  replace(path: string, text: string, condition: Record<string, string> = {}): Promise<string> {
    const type = path.endsWith('.vcf') ? 'text/vcard' : 'text/calendar';
    return this.send('PUT', path, text, { 'content-type': `${type}; charset=utf-8`, ...condition });
  }

  delete({ path, etag }: DavObject): Promise<string> {
    return this.send('DELETE', path, '', { 'if-match': etag });
  }

  move({ path }: DavObject, target: DavCollection): Promise<string> {
    // Radicale takes it as it stands, without its escapes.
    const destination = `${this.#url.slice(0, -1)}${decodeURIComponent(target.path)}${path.slice(path.lastIndexOf('/') + 1)}`;
    return this.send('MOVE', path, '', { destination, overwrite: 'F' });
  }
}

const unescaped = (xml: string): string =>
  xml
    .replace(/&#13;|&#xD;/gi, '\r')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
