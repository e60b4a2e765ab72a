export { type AccountFile, PasswordFile, readAccountFile, writeAccountFile } from './account-file.ts';
export { type IssuedCertificate, issueCertificate } from './certificate.ts';
export { DemoDomain } from './people.ts';
export { type Demo, type DemoAccount, prepareDemo } from './prepare.ts';
export { type DemoSmtp, type DemoSmtpOptions, startDemoSmtp } from './smtp.ts';
export type { DemoMail, DemoState, DemoStore } from './store.ts';
