// Jest begins with the tests that take longest, two of them mostly waiting, so that no worker idles at the end.
import sequencer from '@jest/test-sequencer';

const Sequencer = sequencer.default ?? sequencer;

/** Longest first; all others follow in Jest's own order. */
const Long = [
  'test/scenario/two-hundred',
  'test/examples/proxies',
  'test/contracts/imap-dovecot',
  'test/cluster/processes',
  'test/campaign/campaign',
  'test/corpus/',
  'test/faults/two-devices',
  'test/faults/redis',
  'test/contracts/imap-cyrus',
  'test/contracts/dav-',
  'test/faults/kill',
  'test/faults/imap-restart',
  'test/contracts/imap-courier',
  'test/backends/imap/watch',
  'test/cli/check',
  'test/state/sqlite',
];

const rank = ({ path }) => {
  const index = Long.findIndex((name) => path.replaceAll('\\', '/').includes(name));
  return index < 0 ? Long.length : index;
};

export default class LongTestsFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((a, b) => rank(a) - rank(b));
  }
}
