/** A place where Redis answers. */
export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

/** How Redis is arranged: one server, one that Sentinels name, or a Cluster. */
export type RedisMode = 'single' | 'sentinel' | 'cluster';

/** What an address of Redis says. */
export interface RedisAddress {
  readonly mode: RedisMode;
  /** The server; the Sentinels; some of a Cluster's nodes. */
  readonly hosts: readonly RedisHost[];
  /** Name that the Sentinels know the server by; only with them. */
  readonly master?: string;
  /** Number of the database; a Cluster has only 0. */
  readonly db: number;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
}

/** What the address may look like, for messages and the reference. */
export const RedisUrlForms =
  'redis://host:6379/0, redis+sentinel://host1:26379,host2:26379/master or redis+cluster://host1:6379,host2:6379, with ' +
  '`rediss` for TLS and `user:password@` or `:password@` before the hosts';

const Form = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^@/?#]+)(?:\/([^?#]*))?$/;
const HostForm = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/;
const DefaultPorts: Readonly<Record<RedisMode, number>> = { single: 6379, sentinel: 26_379, cluster: 6379 };

/** Reads an address of one of {@link RedisUrlForms}. Throws TypeError with the reason, never with the password. */
export const parseRedisUrl = (url: string): RedisAddress => {
  const [whole, secure, kind, username, password, hosts = '', path = ''] = Form.exec(url) ?? [];
  if (whole === undefined) throw new TypeError(`must be of the form ${RedisUrlForms}`);
  const mode = (kind ?? 'single') as RedisMode;
  const list = hosts.split(',').map((host) => parseHost(host, DefaultPorts[mode]));
  if (mode === 'single' && list.length > 1)
    throw new TypeError('names several servers: say redis+sentinel:// or redis+cluster://');
  return {
    mode,
    hosts: list,
    ...parsePath(mode, path),
    tls: secure === 's',
    ...(username ? { username: decode(username) } : {}),
    ...(password ? { password: decode(password) } : {}),
  };
};

/** The address in a message: without user and password. */
export const redisName = ({ mode, hosts, master, tls }: RedisAddress): string => {
  const scheme = `redis${tls ? 's' : ''}${mode === 'single' ? '' : `+${mode}`}`;
  const names = hosts.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`));
  return `${scheme}://${names.join(',')}${master === undefined ? '' : `/${master}`}`;
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError('has a % in its user or password that is no escape: write % as %25');
  }
};

const parseHost = (text: string, standard: number): RedisHost => {
  const [, bracketed, plain, digits] = HostForm.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? standard : Number(digits);
  if (host === undefined || port < 1 || port > 65_535)
    throw new TypeError(`names ${text || 'an empty host'}: no host:port`);
  return { host, port };
};

const parsePath = (mode: RedisMode, path: string): Pick<RedisAddress, 'db' | 'master'> => {
  const parts = path === '' ? [] : path.split('/');
  const master = mode === 'sentinel' ? parts.shift() : undefined;
  const [db = '0', more] = parts;
  if (mode === 'sentinel' && !master)
    throw new TypeError(
      'must end in the name that the Sentinels know the server by: redis+sentinel://host:26379/mymaster',
    );
  if (more !== undefined || !/^\d{1,4}$/.test(db)) throw new TypeError(`ends in /${path}: no number of a database`);
  if (mode === 'cluster' && Number(db) !== 0) throw new TypeError('a Cluster has only database 0');
  return { db: Number(db), ...(master === undefined ? {} : { master: decode(master) }) };
};
