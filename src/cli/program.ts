import { Command, InvalidArgumentError } from 'commander';
import { type ProtocolVersion, SupportedVersions, supportedVersion } from '../../protocol/versions.ts';
import { release } from '../release.ts';
import { type CheckOptions, check } from './check.ts';
import type { Console } from './console.ts';
import { addDevice } from './device.ts';
import { type PhoneOptions, phone } from './phone.ts';
import { configReference } from './reference.ts';
import { type ConfigOption, serve } from './serve.ts';
import { type StartOptions, start } from './start.ts';
import { type ImportOptions, stateExport, stateImport } from './state.ts';

const port = (text: string): number => {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError('A port is a number from 0 (any free one) to 65535.');
};

const easVersion = (text: string): ProtocolVersion => {
  const version = supportedVersion(text);
  if (version !== undefined) return version;
  throw new InvalidArgumentError(`Known versions: ${SupportedVersions.join(', ')}.`);
};

const minutes = (text: string): number[] => {
  const values = text.split(',').map(Number);
  if (values.every((value) => value > 0 && value <= 59)) return values;
  throw new InvalidArgumentError('Minutes from 1 to 59 with commas between, such as 1,5,15.');
};

/** What a command does; the number is the exit code of the process. */
type Finish = (work: Promise<number>) => Promise<void>;

const addStart = (program: Command, io: Console, finish: Finish): void => {
  program
    .command('start')
    .description('try Postrider: a server on this machine with two demo accounts, nothing to configure')
    .option('--lan', 'serve real phones in the local network, by TLS with a certificate made here')
    .option('--port <number>', 'port for phones (8080; with --lan 8443)', port)
    .option('--smtp-port <number>', 'port that takes mail, on loopback (2525)', port)
    .option('--data <folder>', 'folder for mail and state')
    .action((options: StartOptions) => finish(start(options, io)));
};

const addPhone = (program: Command, io: Console, finish: Finish): void => {
  program
    .command('phone')
    .description('a phone in the terminal, for the demo or any other ActiveSync server')
    .option('--url <address>', 'address of the server, https://mail.example.org (the demo unless told)')
    .option('--user <name>', 'user name; the password is asked for, or taken from POSTRIDER_PASSWORD')
    .option('--once', 'print folders and Inbox, then leave')
    .option('--json', 'print one JSON object a line, for programs')
    .option('--eas <version>', 'protocol version to speak (the newest that both know)', easVersion)
    .option('--ca <file>', 'PEM file of a private certificate authority to trust')
    .option('--fingerprint <sha256>', 'accept exactly the certificate with this fingerprint')
    .option('--insecure', 'accept any certificate; for trying things out only')
    .option('--data <folder>', 'data folder of the demo, when it is not the usual one')
    .action((options: PhoneOptions) => finish(phone(options, io)));
};

const addServe = (program: Command, io: Console, finish: Finish): void => {
  program
    .command('serve')
    .description('serve phones as a configuration file says')
    .requiredOption('--config <file>', 'YAML file; docs/configuration.md tells what may stand in it')
    .action((options: ConfigOption) => finish(serve(options, io)));
};

const addCheck = (program: Command, io: Console, finish: Finish): void => {
  program
    .command('check')
    .description('tell whether a configuration works, what its servers can do, and how fast changes reach phones')
    .requiredOption('--config <file>', 'YAML file')
    .option('--user <name>', 'also look as this user; the password is asked for, or taken from POSTRIDER_PASSWORD')
    .option('--url <address>', 'also look from outside, as a phone does, how long a Ping survives on the way')
    .option('--ping <minutes>', 'Pings to try there (1,5,15,29)', minutes)
    .option('--ca <file>', 'PEM file of a private certificate authority to trust at --url')
    .option('--fingerprint <sha256>', 'accept exactly the certificate with this fingerprint at --url')
    .option('--insecure', 'accept any certificate at --url')
    .action((options: CheckOptions) => finish(check(options, io)));
};

const addConfig = (program: Command, io: Console, finish: Finish): void => {
  program
    .command('config')
    .description('about configuration files')
    .command('reference')
    .description('print every setting, as Markdown')
    .action(() => finish(configReference(io)));
};

const addState = (program: Command, io: Console, finish: Finish): void => {
  const state = program.command('state').description('move what Postrider remembers of phones, or back it up');
  state
    .command('export <file>')
    .description('write all of it to a file, or with - to standard output; the file holds secrets')
    .requiredOption('--config <file>', 'YAML file')
    .action((file: string, options: ConfigOption) => finish(stateExport(file, options, io)));
  state
    .command('import <file>')
    .description('fill an empty store from such a file, or with - from standard input; stop all servers first')
    .requiredOption('--config <file>', 'YAML file')
    .option('--replace', 'throw away what the store holds')
    .action((file: string, options: ImportOptions) => finish(stateImport(file, options, io)));
};

/** The command line. `finish` is handed each command's work, which resolves with the exit code. */
export const createProgram = (io: Console, finish: Finish): Command => {
  const program = new Command('postrider')
    .description('Exchange ActiveSync server in front of IMAP and SMTP: every phone, pushed at once')
    .version(release)
    .configureOutput({ writeOut: (text) => io.output.write(text), writeErr: (text) => io.errors.write(text) })
    .showHelpAfterError('(postrider --help tells what there is)');
  for (const add of [addStart, addPhone, addServe, addCheck, addState, addDevice, addConfig]) add(program, io, finish);
  return program;
};
