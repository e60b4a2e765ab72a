/** The mail domain of the campaign; every user in it exists at Dovecot. */
export const Domain = 'example.test';

/** Gets a copy of every mail that phones send, and nobody touches it. */
export const Ledger = `ledger@${Domain}`;

/** The address of a user. */
export const addressOf = (user: string): string => `${user}@${Domain}`;
