// The door of Courier: checks user and password, then hands the connection over to the real imapd in its
// pre-authenticated mode. (Courier's own door has its socket's path compiled in below /var/run.)
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const { port, mailFolder, imapd, password, capability, subfolders, gamin } = JSON.parse(process.argv[2] ?? '');
const Preauthenticated = '* PREAUTH Ready.\r\n';

/** @param {string} user */
const makeMaildir = (user) => {
  const home = join(mailFolder, user);
  for (const folder of ['', ...subfolders.map((name) => `.${name}`)]) {
    for (const part of ['cur', 'new', 'tmp']) mkdirSync(join(home, 'Maildir', folder, part), { recursive: true });
  }
  return home;
};

/** What imapd says before it is ready stays here: the client has had its greeting. */
const passOn = (from, to, tag) => {
  let greeting = '';
  const onGreeting = (bytes) => {
    greeting += bytes.toString('latin1');
    const end = greeting.indexOf(Preauthenticated);
    if (end < 0) return;
    from.off('data', onGreeting);
    to.write(`${tag} OK LOGIN Ok.\r\n${greeting.slice(end + Preauthenticated.length)}`, 'latin1');
    from.pipe(to);
  };
  from.on('data', onGreeting);
};

const handOver = (socket, tag, user) => {
  const imap = spawn(imapd, ['./Maildir'], {
    cwd: makeMaildir(user),
    env: { ...process.env, IMAP_CAPABILITY: capability, TCPREMOTEIP: '127.0.0.1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  passOn(imap.stdout, socket, tag);
  socket.pipe(imap.stdin);
  imap.stdin.on('error', () => socket.destroy());
  socket.on('close', () => imap.stdin.destroy());
};

const unquote = (text) => text.replace(/^"(.*)"$/, (_, inner) => inner.replace(/\\(.)/g, '$1'));

/** User and password of a login, `undefined` for any other command. */
const credentials = (line) => {
  const login = /^LOGIN ("(?:[^"\\]|\\.)*"|\S+) (.+)$/i.exec(line);
  return login === null ? undefined : [unquote(login[1]), unquote(login[2])];
};

const Answers = {
  CAPABILITY: `* CAPABILITY ${capability}\r\n`,
  NOOP: '',
  LOGOUT: '* BYE Courier-IMAP server shutting down\r\n',
};

/** Answers one command before the login; true once imapd has taken over. */
const answer = (socket, tag, line) => {
  const given = credentials(line);
  if (given?.[0] && given[1] === password) {
    handOver(socket, tag, given[0]);
    return true;
  }
  const known = Answers[line.toUpperCase()];
  if (given !== undefined) socket.write(`${tag} NO Login failed.\r\n`);
  else if (known === undefined) socket.write(`${tag} BAD Log in first.\r\n`);
  else socket.write(`${known}${tag} OK completed\r\n`);
  if (line.toUpperCase() === 'LOGOUT') socket.end();
  return false;
};

// Started here and not by imapd, which would make it a daemon of its own that outlives the tests.
spawn(gamin, ['--notimeout'], { stdio: 'inherit' });

createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.write(`* OK [CAPABILITY ${capability}] Courier-IMAP ready.\r\n`);
  let pending = '';
  const onData = (bytes) => {
    pending += bytes.toString('latin1');
    for (let end = pending.indexOf('\r\n'); end >= 0; end = pending.indexOf('\r\n')) {
      const [, tag, line] = /^(\S+) (.*)$/.exec(pending.slice(0, end)) ?? ['', '*', ''];
      pending = pending.slice(end + 2);
      if (!answer(socket, tag, line)) continue;
      socket.off('data', onData);
      return;
    }
  };
  socket.on('data', onData);
}).listen(port, '127.0.0.1');
