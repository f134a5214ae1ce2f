// The SDK for JavaScript v3 by itself: credential providers, paginators, waiters, and errors as it shows them.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  AttachUserPolicyCommand, CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, GetRoleCommand,
  IAMClient, paginateListUsers, waitUntilRoleExists, waitUntilUserExists,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromIni, fromProcess, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { binary, start } from './server.mjs';

const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';
const EXTERNAL_ID = 'unicorn-42';
let server;
let account;
let iam;
let admin;
let role;

before(async () => {
  server = await start();
  // Nothing but the endpoint is set.
  process.env.AWS_ENDPOINT_URL = server.url;
  process.env.AWS_REGION = 'us-east-1';
  account = server.createAccount('js');
  const root = new IAMClient({ credentials: account.root });
  const { User } = await root.send(new CreateUserCommand({ UserName: 'admin' }));
  await root.send(new AttachUserPolicyCommand({ UserName: 'admin', PolicyArn: ADMINISTRATOR }));
  const { AccessKey } = await root.send(new CreateAccessKeyCommand({ UserName: 'admin' }));
  admin = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
  iam = new IAMClient({ credentials: admin });
  const statement = {
    Effect: 'Allow', Principal: { AWS: User.Arn }, Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': EXTERNAL_ID } },
  };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const made = await iam.send(new CreateRoleCommand({ RoleName: 'worker', AssumeRolePolicyDocument }));
  role = made.Role.Arn;
});

after(async () => {
  assert.equal(await server.stop(), 0);
});

async function whoami(credentials) {
  const client = new STSClient({ credentials });
  try {
    return (await client.send(new GetCallerIdentityCommand({}))).Arn;
  } finally {
    client.destroy();
  }
}

test('fromTemporaryCredentials assumes the role by itself', async () => {
  const params = { RoleArn: role, RoleSessionName: 'temporary', ExternalId: EXTERNAL_ID, DurationSeconds: 900 };
  const provider = fromTemporaryCredentials({ masterCredentials: admin, params });
  const { expiration, sessionToken } = await provider();
  assert.ok(sessionToken && expiration > new Date());
  assert.equal(await whoami(provider), `arn:aws:sts::${account.id}:assumed-role/worker/temporary`);
});

test('fromTemporaryCredentials shows the refusal', async () => {
  const params = { RoleArn: role, RoleSessionName: 'temporary', ExternalId: 'wrong' };
  const provider = fromTemporaryCredentials({ masterCredentials: admin, params });
  await assert.rejects(whoami(provider), (error) => {
    assert.equal(error.name, 'AccessDenied');
    assert.equal(
      error.message,
      `User: arn:aws:iam::${account.id}:user/admin is not authorized to perform: sts:AssumeRole on resource: ${role}`
        + ' because no role trust policy allows the sts:AssumeRole action',
    );
    return true;
  });
});

test('fromIni follows a chain of profiles', async () => {
  const folder = join(server.folder, 'aws');
  mkdirSync(folder);
  const files = { filepath: join(folder, 'credentials'), configFilepath: join(folder, 'config') };
  writeFileSync(files.filepath, [
    '[base]', `aws_access_key_id = ${admin.accessKeyId}`, `aws_secret_access_key = ${admin.secretAccessKey}`, '',
  ].join('\n'));
  writeFileSync(files.configFilepath, [
    '[profile worker]', `role_arn = ${role}`, 'source_profile = base', `external_id = ${EXTERNAL_ID}`,
    'role_session_name = by-ini', '',
    '[profile process]', `credential_process = ${binary} credential-process --profile worker`, '',
  ].join('\n'));
  const expected = `arn:aws:sts::${account.id}:assumed-role/worker/by-ini`;
  assert.equal(await whoami(fromIni({ profile: 'worker', ...files })), expected);
  process.env.AWS_CONFIG_FILE = files.configFilepath;
  process.env.AWS_SHARED_CREDENTIALS_FILE = files.filepath;
  const held = Object.entries(process.env).filter(([name]) => name.startsWith('LOCUM_'));
  for (const [name] of held) delete process.env[name];
  assert.equal(await whoami(fromProcess({ profile: 'process', ...files })), expected);
  Object.assign(process.env, Object.fromEntries(held));
});

test('a session that ended or was tampered with is refused', async () => {
  const sts = new STSClient({ credentials: admin });
  const command = new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'torn', ExternalId: EXTERNAL_ID });
  const { Credentials } = await sts.send(command);
  const keys = { accessKeyId: Credentials.AccessKeyId, secretAccessKey: Credentials.SecretAccessKey };
  const token = Credentials.SessionToken;
  for (const sessionToken of [undefined, token.slice(0, -4), token.slice(4)]) {
    await assert.rejects(whoami({ ...keys, sessionToken }), { name: 'InvalidClientTokenId' });
  }
});

test('paginators and waiters', async () => {
  for (let number = 0; number < 12; number += 1) {
    await iam.send(new CreateUserCommand({ UserName: `paged-${number}`, Path: '/paged/' }));
  }
  const found = [];
  for await (const page of paginateListUsers({ client: iam, pageSize: 5 }, { PathPrefix: '/paged/' })) {
    assert.ok(page.Users.length <= 5);
    found.push(...page.Users.map((user) => user.UserName));
  }
  assert.equal(found.length, 12);
  const limits = { client: iam, maxWaitTime: 5 };
  assert.equal((await waitUntilUserExists(limits, { UserName: 'paged-0' })).state, 'SUCCESS');
  assert.equal((await waitUntilRoleExists(limits, { RoleName: 'worker' })).state, 'SUCCESS');
});

test('errors are typed and timestamps are dates', async () => {
  await assert.rejects(iam.send(new GetRoleCommand({ RoleName: 'nobody' })), (error) => {
    assert.equal(error.name, 'NoSuchEntityException');
    assert.equal(error.message, 'The role with name nobody cannot be found.');
    assert.equal(error.$metadata.httpStatusCode, 404);
    return true;
  });
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'worker' }));
  assert.ok(Role.CreateDate instanceof Date && !Number.isNaN(Role.CreateDate.valueOf()));
  assert.equal(JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument)).Version, '2012-10-17');
});
