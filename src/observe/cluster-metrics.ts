import { Counter, Gauge, type Registry } from 'prom-client';
import type { Cluster } from '../push/cluster.ts';

/** What a node tells of its part in a cluster. */
export const addClusterMetrics = (registry: Registry, { wire, leases }: Cluster): void => {
  const gauges: Readonly<Record<string, readonly [help: string, value: () => number]>> = {
    postrider_leases: ['Accounts that this node watches by lease', () => leases.held],
    postrider_leases_elsewhere: ['Accounts that wait here and are watched by another node', () => leases.refused],
    postrider_cluster_channels: ['Accounts whose news this node subscribes to', () => wire.size],
  };
  const counters: Readonly<Record<string, readonly [help: string, value: () => number]>> = {
    postrider_leases_taken_over_total: ['Leases taken from nodes that let go or died', () => leases.figures.takenOver],
    postrider_leases_lost_total: ['Leases that ran out while this node had them', () => leases.figures.lost],
    postrider_cluster_sent_total: ['News told to other nodes', () => wire.figures.sent],
    postrider_cluster_failed_total: ['News that Redis did not take at once', () => wire.figures.failed],
    postrider_cluster_received_total: ['Messages heard from other nodes', () => wire.figures.received],
    postrider_cluster_missed_total: ['Accounts that may have missed news, and looked', () => wire.figures.missed],
    postrider_cluster_reconnects_total: ['Times that the subscription at Redis broke', () => wire.figures.reconnects],
  };
  const registers = [registry];
  for (const [name, [help, value]] of Object.entries(gauges)) {
    const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(value()) });
  }
  for (const [name, [help, value]] of Object.entries(counters)) {
    const collect = (): void => {
      counter.reset();
      counter.inc(value());
    };
    const counter: Counter = new Counter({ name, help, registers, collect });
  }
};
