import { expect, test } from '@jest/globals';
import { quirksOf } from '../../src/devices/quirks.ts';

test.each([
  ['iPhone', 210_000],
  ['iPad', 210_000],
  ['WindowsOutlook15', 210_000],
  ['SAMSUNGSMS921B', 85_000],
  ['Android', 28_000],
  ['MyiPhoneClone', 28_000],
])('%s waits for %d ms', (type, patience) => {
  expect(quirksOf({ id: 'x', type }).patience).toBe(patience);
});
