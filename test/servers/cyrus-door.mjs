// Checks passwords for Cyrus in the place of saslauthd, and runs Cyrus' master in the same process group.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';

const { passwords, password, master, command } = JSON.parse(process.argv[2] ?? '');

/** Splits saslauthd's request into its four texts (user, password, service, realm); `undefined`: not all is there yet. */
const fieldsOf = (bytes) => {
  const fields = [];
  for (let at = 0; fields.length < 4; ) {
    if (bytes.length < at + 2) return undefined;
    const end = at + 2 + bytes.readUInt16BE(at);
    if (bytes.length < end) return undefined;
    fields.push(bytes.toString('utf8', at + 2, end));
    at = end;
  }
  return fields;
};

const textOf = (answer) => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(answer));
  return Buffer.concat([length, Buffer.from(answer)]);
};

const answerTo = (socket) => {
  let bytes = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (more) => {
    bytes = Buffer.concat([bytes, more]);
    const fields = fieldsOf(bytes);
    if (fields !== undefined) socket.end(textOf(fields[1] === password ? 'OK' : 'NO'));
  });
};

rmSync(passwords, { force: true });
createServer(answerTo).listen(passwords, () => {
  const cyrus = spawn(master, command, { stdio: 'inherit' });
  cyrus.on('exit', (code) => process.exit(code ?? 1));
  process.on('SIGTERM', () => cyrus.kill('SIGTERM'));
});
