// The tests start real servers. This sees to it that their programs are there: on Debian and Ubuntu as root it installs
// what is missing, elsewhere it says what to do. It starts no service, removes no package and changes no existing file.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unpackCourier } from './courier.mjs';
import { unpackCyrus } from './cyrus.mjs';
import { unpackCyrusDav } from './cyrus-dav.mjs';
import { unpackGroupwareSamples } from './groupware-samples.mjs';
import { unpackMailSamples } from './mail-samples.mjs';

/** Debian packages and a file, or a program in the path, that shows whether each is there. */
const Needed = {
  'dovecot-imapd': '/usr/lib/dovecot/imap',
  'dovecot-lmtpd': '/usr/lib/dovecot/lmtp',
  'dovecot-sieve': '/usr/lib/dovecot/modules/lib90_sieve_plugin.so',
  'dovecot-managesieved': '/usr/lib/dovecot/managesieve',
  postfix: 'postconf',
  'redis-server': 'redis-server',
  'nginx-light': 'nginx',
  haproxy: 'haproxy',
  radicale: 'radicale',
  xandikos: 'xandikos',
  'lua-socket': '/usr/share/lua/5.4/socket.lua',
  'libxml2-utils': 'xmllint',
  'libwbxml2-utils': 'xml2wbxml',
  openssl: 'openssl',
  procps: 'ps',
};

const Policy = '/usr/sbin/policy-rc.d';
/** What Debian's maintainer scripts ask before they start a service: 101 means no. */
const PolicyText = '#!/bin/sh\n# Placed for one installation by the tests of Postrider; may be removed.\nexit 101\n';
const Denied = 101;
const Interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const AptOptions = ['-y', '--no-install-recommends', '--no-upgrade', '-o', 'Dpkg::Options::=--force-confold'];

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const isThere = (mark) => {
  if (mark.startsWith('/')) return existsSync(mark);
  const folders = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':');
  return folders.some((folder) => folder !== '' && isExecutable(join(folder, mark)));
};

/** Names of the packages that are missing. */
export const missingPackages = () => Object.keys(Needed).filter((name) => !isThere(Needed[name]));

const apt = (args, stdio = 'pipe') => {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  return spawnSync('apt-get', args, { env, stdio, encoding: 'utf8' });
};

/** Why the packages cannot be installed from here; `undefined`: they can. */
const obstacle = (packages) => {
  if (process.platform !== 'linux' || !isThere('apt-get')) return 'this is not Debian or Ubuntu';
  if (process.getuid?.() !== 0) return 'that needs root';
  if (existsSync(Policy) && spawnSync(Policy, ['postfix', 'start']).status !== Denied) {
    return `${Policy} allows services to start`;
  }
  const plan = () => apt(['install', '--simulate', ...AptOptions, ...packages]);
  let planned = plan();
  if (planned.status !== 0) {
    apt(['update'], 'inherit');
    planned = plan();
  }
  if (planned.status !== 0) return `apt-get says: ${planned.stderr.trim()}`;
  const removed = [...planned.stdout.matchAll(/^Remv (\S+)/gm)].map(([, name]) => name);
  return removed.length > 0 ? `it would remove ${removed.join(', ')}` : undefined;
};

/** Forbids services to start while `action` runs, by a file that is not there before and not afterwards. */
const withoutServices = (action) => {
  const placed = !existsSync(Policy);
  const remove = () => placed && rmSync(Policy, { force: true });
  if (placed) writeFileSync(Policy, PolicyText, { mode: 0o755, flag: 'wx' });
  // Ctrl-C ends apt-get; we go on to clean up.
  const goOn = () => {};
  for (const signal of Interruptions) process.on(signal, goOn);
  try {
    return action();
  } finally {
    remove();
    for (const signal of Interruptions) process.off(signal, goOn);
  }
};

const explain = (packages, why) => {
  console.error(`The tests need programs that are missing here: ${packages.join(', ')}`);
  console.error(`They were not installed: ${why}. On Debian or Ubuntu run as root:\n`);
  console.error(`  apt-get install --no-install-recommends ${packages.join(' ')}\n`);
};

/**
 * Sees to the packages; says whether all are there now.
 * @param {{ install: boolean }} options `install: false` only looks.
 */
export const ensurePackages = ({ install }) => {
  const missing = missingPackages();
  if (missing.length > 0) {
    const why = install ? obstacle(missing) : 'it was asked not to';
    if (why !== undefined) {
      explain(missing, why);
      return false;
    }
    console.log(`Installing ${missing.join(', ')}`);
    const { status } = withoutServices(() => apt(['install', ...AptOptions, ...missing], 'inherit'));
    if (status !== 0 || missingPackages().length > 0) {
      explain(missingPackages(), 'apt-get failed, see above');
      return false;
    }
  }
  return ensureUnpacked();
};

const ensureUnpacked = () => {
  try {
    unpackCourier();
    unpackCyrus();
    unpackCyrusDav();
    unpackMailSamples();
    unpackGroupwareSamples();
    return true;
  } catch (error) {
    console.error('Courier, Cyrus and the samples that the tests use cannot be downloaded with apt-get.');
    console.error(`On Debian or Ubuntu run \`apt-get update\` and try again. ${error.stderr ?? error.message}`);
    return false;
  }
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = ensurePackages({ install: !process.argv.includes('--no-install') }) ? 0 : 1;
}
