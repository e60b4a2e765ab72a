import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './process.ts';

/** A server certificate and its key, as files. */
export interface ServerCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A certificate authority of one's own, as companies run it. */
export interface CertificateAuthority {
  /** The CA's certificate, for clients to trust. */
  readonly caFile: string;
  /** Makes a certificate for DNS names and addresses. */
  issue(...names: string[]): Promise<ServerCertificate>;
}

/** Days that certificates are valid: long enough for a run of the tests. */
const Days = '2';
const NewKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes a private certificate authority whose files lie in `folder`. */
export const makeAuthority = async (folder: string): Promise<CertificateAuthority> => {
  const caFile = join(folder, 'ca.pem');
  const caKey = join(folder, 'ca.key');
  const ca = ['-subj', '/CN=Postrider test CA', '-addext', 'basicConstraints=critical,CA:TRUE'];
  await run('openssl', ['req', '-x509', ...NewKey, '-days', Days, '-keyout', caKey, '-out', caFile, ...ca]);
  let issued = 0;
  const issue = async (...names: string[]): Promise<ServerCertificate> => {
    const base = join(folder, `server-${++issued}`);
    const [request, extensions] = [`${base}.csr`, `${base}.ext`];
    const [certificateFile, keyFile] = [`${base}.pem`, `${base}.key`];
    await writeFile(extensions, `subjectAltName=${names.map(alternativeName).join(',')}\n`);
    await run('openssl', ['req', ...NewKey, '-keyout', keyFile, '-out', request, '-subj', `/CN=${names[0]}`]);
    const signer = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-extfile', extensions, '-days', Days];
    await run('openssl', ['x509', '-req', '-in', request, '-out', certificateFile, ...signer]);
    return { certificateFile, keyFile };
  };
  return { caFile, issue };
};

const alternativeName = (name: string): string => (/^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`);
