import { Cluster, type Redis } from 'ioredis';
import type { RedisConnection } from './connection.ts';

/** Slots of a Cluster ([Redis Cluster specification] "Key distribution model"). */
const Slots = 16_384;

/** CRC-16/XMODEM, the checksum that places keys (same source, appendix A). */
const crc16 = (bytes: Uint8Array): number => {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80_00 ? ((crc << 1) ^ 0x10_21) & 0xff_ff : (crc << 1) & 0xff_ff;
  }
  return crc;
};

/** The slot of a key: of what stands between its first `{` and the next `}`, unless that is nothing. */
export const slotOf = (key: string): number => {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  const tag = open >= 0 && close > open + 1 ? key.slice(open + 1, close) : key;
  return crc16(Buffer.from(tag)) % Slots;
};

/** The connections with all servers that hold keys. */
export const mastersOf = (redis: RedisConnection): readonly Redis[] =>
  redis instanceof Cluster ? redis.nodes('master') : [redis];

/** `host:port`, as a Cluster names its servers. */
const nodeName = ({ options }: Redis): string => `${options.host}:${options.port}`;

/** The connection with the server that holds a key; `undefined` while a Cluster does not tell. */
export const nodeOf = (redis: RedisConnection, key: string): Redis | undefined => {
  if (!(redis instanceof Cluster)) return redis;
  return nodeNamed(redis, redis.slots[slotOf(key)]?.[0]);
};

/** The connection with a server of a Cluster by its name, as MOVED and ASK give it. */
export const nodeNamed = (redis: RedisConnection, name: string | undefined): Redis | undefined =>
  mastersOf(redis).find((node) => nodeName(node) === name);
