/** A certificate and its key from files, checked before anyone connects. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf, NeckarError } from '../../errors.ts';

export interface TlsFiles {
  /** PEM texts, as `serveStudy` takes them. */
  readonly cert: Buffer;
  readonly key: Buffer;
  /** What a browser will object to, in words. */
  readonly warnings: readonly string[];
}

/**
 * Reads `--tls-cert` and `--tls-key`.
 *
 * @param now - the date at which the certificate has to hold
 * @throws NeckarError naming the file when one cannot be read, holds something else, is locked by a passphrase, or when
 *   the two do not belong together
 */
export async function readTls(certPath: string, keyPath: string, now = new Date()): Promise<TlsFiles> {
  const cert = await pem('--tls-cert', certPath);
  const key = await pem('--tls-key', keyPath);
  const certificate = certificateOf(cert, certPath);
  if (!certificate.checkPrivateKey(privateKeyOf(key, keyPath))) {
    throw new NeckarError(
      `--tls-key "${keyPath}" is not the key of the certificate in "${certPath}". Give the two that were made together; of a chain, the server's own certificate comes first.`,
    );
  }
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const day = (date: Date) => date.toISOString().slice(0, 10);
  return {
    cert,
    key,
    warnings: [
      ...(to < now
        ? [`the certificate in "${certPath}" expired on ${day(to)}: browsers will refuse it`]
        : []),
      ...(from > now
        ? [
            `the certificate in "${certPath}" holds from ${day(from)} only: browsers will refuse it until then`,
          ]
        : []),
    ],
  };
}

async function pem(flag: string, path: string): Promise<Buffer> {
  return await readFile(path).catch((cause: unknown) => {
    throw new NeckarError(`${flag} "${path}" cannot be read: ${messageOf(cause)}.`, { cause });
  });
}

function certificateOf(bytes: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    throw new NeckarError(
      `--tls-cert "${path}" holds no certificate in PEM (-----BEGIN CERTIFICATE-----)${bytes.includes('PRIVATE KEY') ? ', but a key: are the two files exchanged?' : '.'}`,
      { cause },
    );
  }
}

function privateKeyOf(bytes: Buffer, path: string): KeyObject {
  try {
    return createPrivateKey(bytes);
  } catch (cause) {
    if (/ENCRYPTED/.test(bytes.toString('latin1'))) {
      throw new NeckarError(
        `--tls-key "${path}" is locked by a passphrase. Write it without one: openssl pkey -in "${path}" -out key.pem`,
        { cause },
      );
    }
    throw new NeckarError(`--tls-key "${path}" holds no private key in PEM (-----BEGIN PRIVATE KEY-----).`, {
      cause,
    });
  }
}
