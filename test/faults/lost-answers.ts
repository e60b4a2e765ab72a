import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SupportedVersions } from '../../protocol/versions.ts';
import { TransportError } from '../../src/phone/transport-error.ts';
import type { StateStore } from '../../src/state/contract.ts';
import { openClient, openInbox } from '../support/client.ts';
import { type LocalServer, message, startLocalServer } from '../support/local-server.ts';
import { until } from '../support/until.ts';

/** What becomes of answers that a device never got, on any kind of store. */
export const lostAnswers = (name: string, openState: () => Promise<StateStore>): void => {
  describe(name, () => {
    let host: LocalServer;
    let state: StateStore;

    beforeAll(async () => {
      state = await openState();
      host = await startLocalServer({ state });
    });

    afterAll(async () => {
      await host.close();
      await state.close();
      expect(host.errors).toEqual([]);
    });

    let users = 0;
    const newUser = (): string => `lost${++users}`;

    const lost = { cut: { responseBytes: 0 } };

    describe.each(SupportedVersions)('version %s', (version) => {
      test('a lost answer, then the request with one more command: each is done once', async () => {
        const client = await openInbox(host, newUser(), ['one', 'two', 'three'], version);
        const { inbox } = client;
        const collection = client.mailbox.collection(inbox);
        collection.delete(client.idOf(inbox, 'one'));
        const first = client.request({ [inbox]: { commands: collection.takeCommands() } });
        await expect(client.device.sync(first, lost)).rejects.toBeInstanceOf(TransportError);
        collection.delete(client.idOf(inbox, 'two'));
        await host.deliver(client.user, message('four'));
        const answer = await client.sync(inbox, { commands: collection.takeCommands() });
        expect(answer).toMatchObject({ status: 1 });
        expect(answer?.responses).toBeUndefined();
        expect(client.subjects(inbox)).toEqual(['four', 'three']);
        expect(await client.sync(inbox)).toBeUndefined();
        const trash = client.folder('trash');
        await client.load(trash);
        expect(client.subjects(trash)).toEqual(['one', 'two']);
        expect(client.mailbox.anomalies).toEqual([]);
      });

      test('a lost answer with new mail comes again; a request cut half way did nothing', async () => {
        const client = await openInbox(host, newUser(), ['one'], version);
        const { inbox } = client;
        await host.deliver(client.user, message('two'));
        for (let i = 0; i < 3; i++) {
          const cut = i === 1 ? { requestBytes: 20 } : { responseBytes: 0 };
          await expect(client.device.sync(client.request({ [inbox]: {} }), { cut })).rejects.toBeInstanceOf(
            TransportError,
          );
        }
        await client.sync(inbox);
        expect(client.subjects(inbox)).toEqual(['one', 'two']);
        expect(client.mailbox.anomalies).toEqual([]);
      });
    });

    test("a lost answer does not undo what another device did since to the device's own change", async () => {
      const one = await openInbox(host, newUser(), ['a']);
      const two = await openClient(host, one.user, '14.1', 'second');
      const { inbox } = one;
      await two.load(inbox);
      const mail = one.idOf(inbox, 'a');
      const request = one.request({ [inbox]: { commands: [one.change(mail, { read: true })] } });
      await expect(one.device.sync(request, lost)).rejects.toBeInstanceOf(TransportError);
      await two.sync(inbox);
      await two.sync(inbox, { commands: [two.change(mail, { read: false })] });
      await one.send(request);
      await one.catchUp(inbox);
      expect(one.email(inbox, 'a').read).toBe(false);
    });

    test('marks changed to and fro while the answers are lost end as the device last meant them', async () => {
      const one = await openInbox(host, newUser(), ['a']);
      const { inbox } = one;
      const mail = one.idOf(inbox, 'a');
      for (const read of [true, false, true]) {
        const request = one.request({ [inbox]: { commands: [one.change(mail, { read })] } });
        if (read) await one.device.sync(request, lost).catch(() => {});
        else await one.device.sync(request);
      }
      const two = await openClient(host, one.user, '14.1', 'second');
      await two.load(inbox);
      expect(two.email(inbox, 'a').read).toBe(true);
    });

    test('two requests of one device at once are served one after the other; the device converges', async () => {
      const client = await openInbox(host, newUser(), ['one', 'two']);
      const { inbox } = client;
      await host.deliver(client.user, message('three'));
      const drop = client.idOf(inbox, 'one');
      const collection = client.mailbox.collection(inbox);
      collection.delete(drop);
      const commands = collection.takeCommands();
      const requests = [client.request({ [inbox]: { commands } }), client.request({ [inbox]: { commands } })];
      const answers = await Promise.all(requests.map((request) => client.device.sync(request)));
      expect(answers.map((answer) => answer?.collections?.collection[0]?.status)).toEqual([1, 1]);
      const [, last] = answers;
      client.mailbox.applySync(last, [{ collectionId: inbox, syncKey: collection.syncKey, commands }]);
      await client.catchUp(inbox);
      expect(client.subjects(inbox)).toEqual(['three', 'two']);
      expect(client.mailbox.anomalies).toEqual([]);
      expect(client.mailbox.wipes).toBe(0);
    });

    test('an answer that broke off half way: the next Ping tells to fetch it at once, though nothing moved since', async () => {
      const client = await openInbox(host, newUser());
      const { inbox } = client;
      // More than the buffers of the sockets hold, and nothing that can be compressed.
      const bulk = randomBytes(12 * 1024 * 1024)
        .toString('base64')
        .replace(/(.{76})/g, '$1\r\n');
      await host.deliver(client.user, message('bulky', bulk));
      const options = [{ bodyPreferences: [{ type: 4 }], mimeSupport: 2 }];
      const request = client.request({ [inbox]: { options } });
      await expect(client.device.sync(request, { cut: { responseBytes: 100_000 } })).rejects.toBeInstanceOf(
        TransportError,
      );
      await until(() =>
        host.served.some(({ account, delivered }) => account === `${client.user}@example.test` && !delivered),
      );
      const answer = await client.device.ping({ heartbeatInterval: 60, folders: [{ id: inbox }] });
      expect(answer).toEqual({ status: 2, folders: [inbox] });
      await client.sync(inbox, { options });
      expect(client.subjects(inbox)).toEqual(['bulky']);
    });

    test('a client that hangs up while its Sync is held loses nothing', async () => {
      const client = await openInbox(host, newUser());
      const { inbox } = client;
      const controller = new AbortController();
      const held = client.device.sync(client.request({ [inbox]: {} }, { heartbeatInterval: 600 }), {
        signal: controller.signal,
      });
      await until(() => host.server.waiting() === 1);
      controller.abort();
      await expect(held).rejects.toBeInstanceOf(TransportError);
      await until(() => host.server.waiting() === 0);
      await host.deliver(client.user, message('meanwhile'));
      await client.sync(inbox);
      expect(client.subjects(inbox)).toEqual(['meanwhile']);
      expect(client.mailbox.anomalies).toEqual([]);
    });
  });
};
