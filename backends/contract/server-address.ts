/** Where and how to connect. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly secure: boolean;
  /** Whether a plain connection must be upgraded before anything is sent. */
  readonly startTls: boolean;
}

/** A protocol whose servers are named by `scheme://host[:port]`, and with TLS from the first byte `schemes://…`. */
export interface AddressScheme {
  /** `imap`. */
  readonly scheme: string;
  /** Ports unless told: plain, and with TLS. */
  readonly ports: readonly [plain: number, tls: number];
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Parses an address; anything beside host and port is refused. */
const urlOf = (text: string, { scheme }: AddressScheme): URL | undefined => {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const plain =
    url.username === '' && url.password === '' && /^\/?$/.test(url.pathname) && url.search + url.hash === '';
  return plain && url.hostname !== '' && [`${scheme}:`, `${scheme}s:`].includes(url.protocol) ? url : undefined;
};

/** Whether a text names a server, for a schema of settings. */
export const isServerUrl = (text: string, scheme: AddressScheme): boolean => urlOf(text, scheme) !== undefined;

/** What a setting must look like that {@link isServerUrl} refuses. */
export const serverUrlForm = ({ scheme }: AddressScheme): string =>
  `must be ${scheme}://host[:port] or ${scheme}s://host[:port]`;

/**
 * The address that validated settings name. A plain one demands STARTTLS, except on loopback where no
 * certificate authority is named.
 */
export const addressOf = (
  { url: text, caFile }: { readonly url: string; readonly caFile?: string | undefined },
  scheme: AddressScheme,
): ServerAddress => {
  const url = urlOf(text, scheme);
  if (url === undefined) throw new TypeError('settings.url was not validated');
  const secure = url.protocol === `${scheme.scheme}s:`;
  const [plainPort, tlsPort] = scheme.ports;
  const standard = secure ? tlsPort : plainPort;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? standard : Number(url.port),
    secure,
    startTls: !secure && (caFile !== undefined || !loopback.test(url.hostname)),
  };
};
