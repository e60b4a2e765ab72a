import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type StateStore, StateUnavailable } from '../../src/state/contract.ts';
import { childScript } from '../support/child-script.ts';

/** What the contract suite needs of a kind of store. */
export interface StateStoreHarness {
  /** A place that no store has used: a file, a URL with a key prefix. */
  fresh(): Promise<string>;
  /** Opens the store at a place; a second open sees what the first committed. */
  open(location: string): Promise<StateStore>;
  /** Module whose `openStore(location)` is {@link open}, for a child process that gets killed. */
  readonly module: string;
  /** Opens the store at a place such that it has no space for another megabyte. */
  openFull?(location: string): Promise<StateStore>;
  /** Rounds of the kill test, where one is slow; {@link Kills} unless told. */
  readonly kills?: number;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : new TextDecoder().decode(value);

/** Rounds of the kill test. */
const Kills = 20;

/** Every sentence of src/state/contract.ts as a test, for any kind of store. */
export const stateStoreContract = (name: string, harness: StateStoreHarness): void => {
  const opened: StateStore[] = [];

  const keep = (store: StateStore): StateStore => {
    opened.push(store);
    return store;
  };
  const openFresh = async (): Promise<StateStore> => keep(await harness.open(await harness.fresh()));
  const textOf = async (store: StateStore, partition: string, document: string): Promise<string | undefined> =>
    text((await store.load(partition, [document])).get(document)?.value);
  const put = (store: StateStore, partition: string, document: string, value = 'x'): Promise<boolean> =>
    store.commit(partition, [{ name: document, value: bytes(value) }]);

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
  });

  describe(`${name}: load and commit`, () => {
    test('gives the documents of the given names that exist, byte for byte', async () => {
      const store = await openFresh();
      const value = Uint8Array.from({ length: 256 }, (_, index) => index);
      expect(await store.commit('p', [{ name: 'a', value }])).toBe(true);
      const loaded = await store.load('p', ['a', 'missing']);
      expect([...loaded.keys()]).toEqual(['a']);
      expect(loaded.get('a')).toEqual({ value, revision: 1 });
    });

    test('knows nothing of an empty list of names, and commits an empty list of writes', async () => {
      const store = await openFresh();
      expect((await store.load('p', [])).size).toBe(0);
      expect(await store.commit('p', [])).toBe(true);
    });

    test('counts the commits of a document from 1', async () => {
      const store = await openFresh();
      for (const revision of [1, 2, 3]) {
        await put(store, 'p', 'a', `value ${revision}`);
        expect((await store.load('p', ['a'])).get('a')).toEqual({ value: bytes(`value ${revision}`), revision });
      }
    });

    test('removes a document by null, and counts from 1 again when it comes back', async () => {
      const store = await openFresh();
      await put(store, 'p', 'a');
      await put(store, 'p', 'a');
      expect(await store.commit('p', [{ name: 'a', value: null }])).toBe(true);
      expect(await textOf(store, 'p', 'a')).toBeUndefined();
      expect(await store.commit('p', [{ name: 'a', value: bytes('y'), expect: 0 }])).toBe(true);
      expect((await store.load('p', ['a'])).get('a')?.revision).toBe(1);
    });

    test('holds an empty value apart from no value', async () => {
      const store = await openFresh();
      await store.commit('p', [{ name: 'a', value: new Uint8Array(0) }]);
      expect((await store.load('p', ['a'])).get('a')).toEqual({ value: new Uint8Array(0), revision: 1 });
    });

    test('holds a value of 1 MB', async () => {
      const store = await openFresh();
      const value = Uint8Array.from({ length: 1024 * 1024 }, (_, index) => (index * 2654435761) >>> 24);
      await store.commit('p', [{ name: 'big', value }]);
      const stored = (await store.load('p', ['big'])).get('big')?.value;
      expect(Buffer.from(stored ?? []).equals(value)).toBe(true);
    });

    test('a caller that changes its array after the commit changes nothing stored', async () => {
      const store = await openFresh();
      const value = bytes('before');
      await store.commit('p', [{ name: 'a', value }]);
      value.fill(0);
      expect(await textOf(store, 'p', 'a')).toBe('before');
    });
  });

  describe(`${name}: compare and set`, () => {
    test.each([
      ['0 for a document that is not there', 0, undefined, true],
      ['0 for a document that is there', 0, 1, false],
      ['the stored revision', 2, 2, true],
      ['an older revision', 1, 2, false],
      ['a newer revision', 3, 2, false],
      ['a revision of a document that is not there', 1, undefined, false],
      ['nothing', undefined, 2, true],
    ] as const)('expecting %s', async (_, expected, stored, accepted) => {
      const store = await openFresh();
      for (let revision = 1; revision <= (stored ?? 0); revision++) await put(store, 'p', 'a', 'old');
      const write = { name: 'a', value: bytes('new'), ...(expected === undefined ? {} : { expect: expected }) };
      expect(await store.commit('p', [write])).toBe(accepted);
      expect(await textOf(store, 'p', 'a')).toBe(accepted ? 'new' : stored === undefined ? undefined : 'old');
    });

    test('a removal has an expectation too', async () => {
      const store = await openFresh();
      await put(store, 'p', 'a');
      expect(await store.commit('p', [{ name: 'a', value: null, expect: 2 }])).toBe(false);
      expect(await textOf(store, 'p', 'a')).toBe('x');
      expect(await store.commit('p', [{ name: 'a', value: null, expect: 1 }])).toBe(true);
      expect(await store.commit('p', [{ name: 'a', value: null, expect: 0 }])).toBe(true);
    });

    test('writes all or nothing, wherever the write stands that does not fit', async () => {
      const store = await openFresh();
      await put(store, 'p', 'a', 'old a');
      await put(store, 'p', 'b', 'old b');
      const good = { name: 'a', value: bytes('new a'), expect: 1 };
      const gone = { name: 'b', value: null };
      const bad = { name: 'c', value: bytes('new c'), expect: 7 };
      for (const writes of [
        [good, gone, bad],
        [bad, good, gone],
        [good, bad, gone],
      ]) {
        expect(await store.commit('p', writes)).toBe(false);
        const all = await store.list('p', '');
        expect([...all].map(([key, document]) => [key, text(document.value), document.revision]).sort()).toEqual([
          ['a', 'old a', 1],
          ['b', 'old b', 1],
        ]);
      }
    });

    test('of many commits at once on one revision exactly one wins', async () => {
      const location = await harness.fresh();
      const stores = [keep(await harness.open(location)), keep(await harness.open(location))];
      for (let revision = 0; revision < 5; revision++) {
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            (stores[index % 2] as StateStore).commit('p', [
              { name: 'a', value: bytes(`${index}`), expect: revision },
              { name: 'winner', value: bytes(`${index}`) },
            ]),
          ),
        );
        expect(results.filter(Boolean)).toHaveLength(1);
        const winner = `${results.indexOf(true)}`;
        expect(await textOf(stores[0] as StateStore, 'p', 'a')).toBe(winner);
        expect(await textOf(stores[1] as StateStore, 'p', 'winner')).toBe(winner);
      }
    });

    test('increments by compare and set lose nothing', async () => {
      const store = await openFresh();
      const increment = async (): Promise<void> => {
        for (;;) {
          const now = (await store.load('p', ['n'])).get('n');
          const next = Number(text(now?.value) ?? 0) + 1;
          if (await store.commit('p', [{ name: 'n', value: bytes(`${next}`), expect: now?.revision ?? 0 }])) return;
        }
      };
      await Promise.all(Array.from({ length: 25 }, increment));
      expect((await store.load('p', ['n'])).get('n')).toEqual({ value: bytes('25'), revision: 25 });
    });
  });

  describe(`${name}: names`, () => {
    const odd = [
      'plain',
      'Plain',
      'with space',
      'quote\'"`',
      'percent%',
      '%0025',
      'under_score',
      'star*?[a]',
      'brace{x}',
      'colon:slash/',
      'new\nline\r',
      'nul\0byte',
      'nul',
      'umlaut ü',
      'umlaut u\u0308',
      'emoji 😀',
      'lone \ud800 high',
      'lone \udc00 low',
      'replacement \ufffd high',
      'last \u{10ffff}',
      'x'.repeat(500),
      '',
    ];

    test('any two different names are two documents', async () => {
      const store = await openFresh();
      await store.commit(
        'p',
        odd.map((document, index) => ({ name: document, value: bytes(`${index}`) })),
      );
      const all = await store.list('p', '');
      expect(new Set(all.keys())).toEqual(new Set(odd));
      for (const [index, document] of odd.entries()) expect(text(all.get(document)?.value)).toBe(`${index}`);
      expect((await store.load('p', odd)).size).toBe(odd.length);
    });

    test('any two different partitions are apart', async () => {
      const store = await openFresh();
      for (const partition of odd) await put(store, partition, 'd', partition);
      for (const partition of odd) expect(await textOf(store, partition, 'd')).toBe(text(bytes(partition)));
      const found: string[] = [];
      for await (const partition of store.partitions('')) found.push(partition);
      expect(found.sort()).toEqual([...odd].sort());
    });

    test('lists by prefix exactly the names that begin with it', async () => {
      const store = await openFresh();
      const piece = fc.constantFrom('a', 'A', '%', '_', '*', '/', 'ü', '😀', '\u{10ffff}', '\uffff', '\0', '[');
      const word = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
      let round = 0;
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(word, { minLength: 1, maxLength: 12 }), word, async (names, prefix) => {
          const partition = `round ${round++}`;
          await store.commit(
            partition,
            names.map((document) => ({ name: document, value: bytes('x') })),
          );
          const listed = [...(await store.list(partition, prefix)).keys()].sort();
          expect(listed).toEqual(names.filter((document) => document.startsWith(prefix)).sort());
        }),
        { numRuns: 60 },
      );
    });
  });

  describe(`${name}: partitions`, () => {
    test('names each partition once, by prefix, more than fit into one page', async () => {
      const store = await openFresh();
      const wanted = Array.from({ length: 1203 }, (_, index) => `many/${index}`);
      await Promise.all([...wanted, 'other/1', 'many'].map((partition) => put(store, partition, 'd')));
      await put(store, 'many/7', 'second');
      const found: string[] = [];
      for await (const partition of store.partitions('many/')) found.push(partition);
      expect(found.sort()).toEqual([...wanted].sort());
    });

    test('drops a partition with all its documents, and no other', async () => {
      const store = await openFresh();
      await put(store, 'p', 'a');
      await put(store, 'p', 'b');
      await put(store, 'p/q', 'a');
      await store.drop('p');
      await store.drop('never was');
      expect((await store.list('p', '')).size).toBe(0);
      expect(await textOf(store, 'p/q', 'a')).toBe('x');
      const left: string[] = [];
      for await (const partition of store.partitions('')) left.push(partition);
      expect(left).toEqual(['p/q']);
    });
  });

  describe(`${name}: faults`, () => {
    test('a second opening sees what was committed', async () => {
      const location = await harness.fresh();
      const first = await harness.open(location);
      await put(first, 'p', 'a', 'kept');
      await first.close();
      const second = keep(await harness.open(location));
      expect(await textOf(second, 'p', 'a')).toBe('kept');
    });

    test('after close every method throws StateUnavailable, and closing again is harmless', async () => {
      const store = await openFresh();
      await put(store, 'p', 'a');
      await store.close();
      await store.close();
      await expect(store.load('p', ['a'])).rejects.toThrow(StateUnavailable);
      await expect(store.list('p', '')).rejects.toThrow(StateUnavailable);
      await expect(put(store, 'p', 'a')).rejects.toThrow(StateUnavailable);
      await expect(store.drop('p')).rejects.toThrow(StateUnavailable);
      await expect(store.partitions('')[Symbol.asyncIterator]().next()).rejects.toThrow(StateUnavailable);
    });

    const { openFull } = harness;
    if (openFull !== undefined) {
      test('without space a commit throws StateUnavailable, changes nothing, and reading goes on', async () => {
        const location = await harness.fresh();
        await harness.open(location).then(async (store) => {
          await put(store, 'p', 'a', 'old');
          await store.close();
        });
        const store = keep(await openFull(location));
        const commit = store.commit('p', [
          { name: 'a', value: bytes('new') },
          { name: 'big', value: new Uint8Array(1024 * 1024).fill(7) },
        ]);
        await expect(commit).rejects.toThrow(StateUnavailable);
        expect([...(await store.list('p', '')).keys()]).toEqual(['a']);
        expect(await textOf(store, 'p', 'a')).toBe('old');
        expect(await put(store, 'p', 'a', 'small')).toBe(true);
        expect(await textOf(store, 'p', 'a')).toBe('small');
      });
    }

    test(`kill -9 in the middle of commits: ${harness.kills ?? Kills} times, nothing acknowledged is lost, nothing is torn`, async () => {
      const location = await harness.fresh();
      let before = 0;
      for (let round = 0; round < (harness.kills ?? Kills); round++) {
        const acknowledged = await writeUntilKilled(harness.module, location, 10 + ((round * 37) % 90));
        const store = await harness.open(location);
        const [left, right] = [await textOf(store, 'p', 'left'), await textOf(store, 'p', 'right')];
        await store.close();
        const count = Number(left?.slice(0, 10));
        expect(left).toBe(right);
        expect(acknowledged).toBeGreaterThan(before);
        expect(count).toBeGreaterThanOrEqual(acknowledged);
        before = count;
      }
    }, 120_000);
  });
};

/** Lets a child commit until it is killed `after` ms past its first commit; gives the last commit it saw done. */
const writeUntilKilled = (module: string, location: string, after: number): Promise<number> =>
  new Promise((done, fail) => {
    const child: ChildProcess = spawn(
      process.execPath,
      ['--no-warnings', childScript('test/contracts/state-store-writer.ts'), childScript(module), location],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    let timer: NodeJS.Timeout | undefined;
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      timer ??= setTimeout(() => child.kill('SIGKILL'), after);
    });
    child.on('error', fail);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal !== 'SIGKILL') fail(new Error(`The writer ended by itself, with ${code ?? signal}`));
      else done(Number(output.split('\n').at(-2)));
    });
  });
