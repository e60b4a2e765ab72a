import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '../support/until.ts';
import { startWeatherRelay, type WeatherRelay } from './relay.ts';

/** Says everything back that it hears. */
let echo: Server;
let relay: WeatherRelay;
let heard: string[];
let isThere: boolean;

beforeEach(async () => {
  heard = [];
  isThere = true;
  echo = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .on('data', (bytes) => {
        heard.push(bytes.toString());
        socket.write(bytes);
      });
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  relay = await startWeatherRelay(() => (isThere ? (echo.address() as AddressInfo).port : undefined));
});

afterEach(async () => {
  await relay.close();
  echo.close();
});

const open = async () => {
  const socket: Socket = connect(relay.port, '127.0.0.1').on('error', () => undefined);
  const told: string[] = [];
  socket.on('data', (bytes) => told.push(bytes.toString()));
  await once(socket, 'connect');
  return { socket, told, text: () => told.join('') };
};

test('passes on in both directions, also late and in halves, in order', async () => {
  const { socket, text } = await open();
  relay.weather({ delay: 5, halved: true });
  socket.write('abcd');
  await until(() => heard.join('') === 'abcd');
  socket.write('efgh');
  await until(() => text() === 'abcdefgh');
  expect(heard.join('')).toBe('abcdefgh');
  expect(heard.length).toBeGreaterThan(2);
});

test('what is blocked arrives later', async () => {
  const { socket, text } = await open();
  relay.weather({ blocked: true });
  socket.write('late');
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(heard).toEqual([]);
  relay.weather();
  await until(() => text() === 'late');
});

test('an answer is swallowed: the other side did it, and the connection breaks', async () => {
  const { socket, text } = await open();
  let answered = false;
  relay.swallowAnswerTo(/commit/, () => {
    answered = true;
  });
  socket.write('commit');
  await until(() => socket.destroyed);
  expect([heard, text(), answered]).toEqual([['commit'], '', true]);
  expect(relay.spare()).toBe(false);
  relay.swallowAnswerTo(/commit/);
  expect(relay.spare()).toBe(true);
});

test('connections are cut, and refused while nobody is there', async () => {
  const first = await open();
  relay.cut();
  await until(() => first.socket.destroyed);
  isThere = false;
  const second = connect(relay.port, '127.0.0.1').on('error', () => undefined);
  await until(() => second.destroyed);
  expect(heard).toEqual([]);
});
