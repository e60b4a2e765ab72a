import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Where a request comes from. */
export interface ClientAddress {
  readonly address: string | undefined;
  /** Whether a trusted proxy told it; else it is the socket's other end, which may be any proxy. */
  readonly told: boolean;
}

/** The part of a request that tells. */
export interface Origin {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** `::ffff:10.0.0.1`, as a dual-stack socket names an IPv4 peer, is 10.0.0.1; `fe80::1%eth0` is fe80::1. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').replace(/%.*$/, '');

const trustList = (proxies: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const entry of proxies) {
    const [address = '', bits] = entry.split('/');
    if (isIP(address) === 0) throw new Error(`trustedProxies: "${entry}" is neither an IP address nor a network`);
    if (bits === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(bits), family(address));
  }
  return list;
};

const header = (request: Origin, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
};

/** `192.0.2.1:4711`, `"[2001:db8::1]:4711"`, `2001:db8::1` without quotes, brackets and port; else undefined. */
const cleaned = (text: string): string | undefined => {
  const bare = text.trim().replace(/^"(.*)"$/, '$1');
  const candidate = /^\[([^\]]+)\](?::\d+)?$/.exec(bare)?.[1] ?? /^([\d.]+):\d+$/.exec(bare)?.[1] ?? bare;
  return isIP(candidate) === 0 ? undefined : plain(candidate);
};

/**
 * The chain of addresses that proxies noted, client first: X-Forwarded-For, and only where there is
 * none Forwarded ([RFC7239] 5.2). Most proxies write the first and hand the second on as the client
 * sent it, so that a Forwarded beside it is anybody's word.
 */
const notedAddresses = (request: Origin): (string | undefined)[] => {
  const hops = header(request, 'x-forwarded-for')?.split(',');
  if (hops !== undefined) return hops.map(cleaned);
  const forwarded = header(request, 'forwarded')?.split(',') ?? [];
  return forwarded.map((hop) => cleaned(/(?:^|;)\s*for=([^;]+)/i.exec(hop)?.[1] ?? ''));
};

/**
 * Finds the client's address. Read from the right: each trusted proxy vouches for the address before
 * it, and the first address that is no trusted proxy is the client. What stands left of it anyone
 * could have written. Throws on a list that cannot be read.
 */
export const clientAddressReader = (proxies: readonly string[]): ((request: Origin) => ClientAddress) => {
  const list = trustList(proxies);
  const trusted = (address: string | undefined): boolean =>
    address !== undefined && list.check(address, family(address));
  return (request) => {
    const socket = request.socket.remoteAddress;
    const peer = socket === undefined ? undefined : plain(socket);
    if (proxies.length === 0 || !trusted(peer)) return { address: peer, told: false };
    const noted = notedAddresses(request);
    // A hop that hid its client ends the chain: what stands left of it is the client's own word.
    const client =
      noted[
        Math.max(
          0,
          noted.findLastIndex((address) => !trusted(address)),
        )
      ];
    return client === undefined ? { address: peer, told: false } : { address: client, told: true };
  };
};
