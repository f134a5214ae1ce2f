// Starts `locum serve` on a fresh directory for a test and ends it afterwards.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const binary = process.env.LOCUM_BIN ?? join(here, '../../../target/debug/locum');

// The surroundings without settings of the SDKs or of the product.
export const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_') && !name.startsWith('LOCUM_')),
);

export async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'locum-js-'));
  const data = join(folder, 'data');
  const child = spawn(binary, ['serve', '--data', data, '--listen', '127.0.0.1:0'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value } = await lines.next();
  const [, url, , account] = value.split(' ');
  const credentials = (key) => ({ accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey });
  return {
    url,
    account,
    folder,
    admin: credentials(JSON.parse(readFileSync(join(data, 'admin-credentials.json'), 'utf8'))),
    createAccount(name) {
      const args = ['operator', 'create-account', name, '--root-key', '--format', 'json', '--data', data];
      const made = JSON.parse(execFileSync(binary, args, { env: environment, encoding: 'utf8' }));
      return { id: made.AccountId, root: credentials(made) };
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const code = await ended;
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}
