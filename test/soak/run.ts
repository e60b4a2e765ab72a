import { Command, InvalidArgumentError, Option } from 'commander';
import { runSoak, type SoakOptions } from './soak.ts';

/** `npm run soak`: days of phones in minutes, and what the process holds of them. */

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Give a whole number from 1.');
  return value;
};

const program = new Command('soak')
  .description('Has phones live through days, of which only the work takes time, and looks whether anything grows.')
  .option('--hours <number>', 'hours of their time', positive, 72)
  .option('--phones <number>', 'phones, two for each mailbox', positive, 500)
  .option('--seed <number>', 'what decides who does what', positive, 1)
  .option('--samples-per-hour <number>', 'how often the process is looked at', positive, 1)
  .addOption(new Option('--store <kind>', 'where the state is kept').choices(['sqlite', 'redis']).default('redis'))
  .parse();

const onSample: SoakOptions['onSample'] = (sample) => console.log(JSON.stringify(sample));
const { samples, ...report } = await runSoak({ ...program.opts<SoakOptions>(), onSample });
console.log(JSON.stringify({ samples: samples.length, ...report }));
if (report.complaints.length > 0) process.exitCode = 1;
