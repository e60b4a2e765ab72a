import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAuthority } from './certificates.ts';
import { freePorts, makeFolder, run, startServer, type TestServer, unprivileged } from './process.ts';

/** A proxy in front of a server under test. */
export interface TestProxy extends TestServer {
  /** Port for HTTP. */
  readonly port: number;
  /** Port for HTTPS, when the configuration uses it. */
  readonly tlsPort: number;
  /** Certificate of the CA that signed the proxy's (for `localhost` and 127.0.0.1). */
  readonly caFile: string;
}

/** Values that a proxy's configuration has to contain. */
export interface ProxyPlace {
  readonly folder: string;
  readonly port: number;
  readonly tlsPort: number;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Certificate and key in one file, as HAProxy reads them. */
  readonly bundleFile: string;
}

/** Writes a configuration for the place where the proxy will run. */
export type ProxyConfiguration = (place: ProxyPlace) => string;

interface ProxyKind {
  readonly name: string;
  readonly whole: (place: ProxyPlace, configuration: string) => string;
  readonly command: (file: string, place: ProxyPlace) => readonly [string, ...string[]];
}

const nginx: ProxyKind = {
  name: 'nginx',
  whole: ({ folder }, site) => `
daemon off;
pid ${folder}/nginx.pid;
error_log stderr;
events { worker_connections 4096; }
http {
  access_log ${folder}/access.log;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((use) => `  ${use}_temp_path ${folder}/${use};`).join('\n')}
${site}
}
`,
  command: (file, { folder }) => ['nginx', '-e', 'stderr', '-p', folder, '-c', file],
};

const haproxy: ProxyKind = {
  name: 'HAProxy',
  whole: (_, configuration) => `${configuration}\n`,
  command: (file) => ['haproxy', '-db', '-f', file],
};

/** Starts nginx with `configuration` as the content of its `http` section. */
export const startNginx = (configuration: ProxyConfiguration): Promise<TestProxy> => startProxy(nginx, configuration);

/** Starts HAProxy with `configuration` as its whole configuration. */
export const startHaproxy = (configuration: ProxyConfiguration): Promise<TestProxy> =>
  startProxy(haproxy, configuration);

const startProxy = async (kind: ProxyKind, configuration: ProxyConfiguration): Promise<TestProxy> => {
  const folder = makeFolder(kind.name.toLowerCase());
  const ports = await freePorts('port', 'tlsPort');
  const authority = await makeAuthority(folder);
  const certificate = await authority.issue('localhost', '127.0.0.1');
  const place = { folder, ...ports, ...certificate, bundleFile: join(folder, 'bundle.pem') };
  await writeFile(place.bundleFile, await run('cat', [certificate.certificateFile, certificate.keyFile]));
  const file = join(folder, 'proxy.conf');
  const text = kind.whole(place, configuration(place));
  await writeFile(file, text);
  const server = await startServer({
    name: kind.name,
    folder,
    command: kind.command(file, place),
    ports: Object.values(ports).filter((port) => text.includes(String(port))),
    identity: unprivileged(),
  });
  return Object.assign(server, { ...ports, caFile: authority.caFile });
};
