// Every paginator and waiter that the SDK for JavaScript v3 has for IAM.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as sdk from '@aws-sdk/client-iam';
import { start } from './server.mjs';

const allow = (Action) => JSON.stringify({
  Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
});
const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const names = ['a', 'b', 'c'];
const Tags = ['one', 'three', 'two'].map((Key) => ({ Key, Value: 'x' }));
let server;
let account;
let iam;
let policy;

/// Sends a command by its name.
const send = (name, input) => iam.send(new sdk[`${name}Command`](input));

before(async () => {
  server = await start();
  process.env.AWS_ENDPOINT_URL = server.url;
  process.env.AWS_REGION = 'us-east-1';
  account = server.createAccount('pages');
  iam = new sdk.IAMClient({ credentials: account.root });
  policy = (await send('CreatePolicy', { PolicyName: 'held', PolicyDocument: allow('s3:Get*'), Tags })).Policy.Arn;
  await send('CreatePolicyVersion', { PolicyArn: policy, PolicyDocument: allow('s3:Put*') });
  for (const name of names) {
    await send('CreateUser', { UserName: name, Tags });
    await send('CreateGroup', { GroupName: name });
    await send('AddUserToGroup', { GroupName: name, UserName: 'a' });
    await send('CreateRole', { RoleName: name, AssumeRolePolicyDocument: trust, Tags });
    await send('CreateInstanceProfile', { InstanceProfileName: name, Tags });
    await send('AddRoleToInstanceProfile', { InstanceProfileName: name, RoleName: 'a' });
    await send('CreateVirtualMFADevice', { VirtualMFADeviceName: name });
    await send('CreatePolicy', { PolicyName: `other-${name}`, PolicyDocument: allow('s3:Put*') });
    for (const kind of ['User', 'Role', 'Group']) {
      const holder = { [`${kind}Name`]: name };
      await send(`Attach${kind}Policy`, { ...holder, PolicyArn: policy });
      await send(`Put${kind}Policy`, { [`${kind}Name`]: 'a', PolicyName: name, PolicyDocument: allow('s3:Put*') });
    }
  }
  await send('CreateAccessKey', { UserName: 'a' });
  await send('CreateAccessKey', { UserName: 'a' });
});

after(async () => {
  assert.equal(await server.stop(), 0);
});

/// The items of a page: whatever lists it has.
const items = (page) => Object.entries(page)
  .filter(([key, value]) => Array.isArray(value) && key !== '$metadata')
  .flatMap(([, value]) => value.map((item) => JSON.stringify(item)));

test('every paginator gives each item once, whatever the page size', async () => {
  const device = `arn:aws:iam::${account.id}:mfa/a`;
  await send('TagMFADevice', { SerialNumber: device, Tags });
  const oidc = (await send('CreateOpenIDConnectProvider', { Url: 'https://pages.example.test', Tags }))
    .OpenIDConnectProviderArn;
  const ActionNames = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'];
  const needs = {
    GetAccountAuthorizationDetails: [{}, 10],
    GetGroup: [{ GroupName: 'a' }, 1],
    ListAccessKeys: [{ UserName: 'a' }, 2],
    ListAccountAliases: [{}, 0],
    ListAttachedGroupPolicies: [{ GroupName: 'a' }, 1],
    ListAttachedRolePolicies: [{ RoleName: 'a' }, 1],
    ListAttachedUserPolicies: [{ UserName: 'a' }, 1],
    ListEntitiesForPolicy: [{ PolicyArn: policy }, 9],
    ListGroupPolicies: [{ GroupName: 'a' }, 3],
    ListGroups: [{}, 3],
    ListGroupsForUser: [{ UserName: 'a' }, 3],
    ListInstanceProfiles: [{}, 3],
    ListInstanceProfilesForRole: [{ RoleName: 'a' }, 3],
    ListInstanceProfileTags: [{ InstanceProfileName: 'a' }, 3],
    ListMFADevices: [{ UserName: 'a' }, 0],
    ListMFADeviceTags: [{ SerialNumber: device }, 3],
    ListOpenIDConnectProviderTags: [{ OpenIDConnectProviderArn: oidc }, 3],
    ListPolicies: [{ Scope: 'Local' }, 4],
    ListPolicyTags: [{ PolicyArn: policy }, 3],
    ListPolicyVersions: [{ PolicyArn: policy }, 2],
    ListRolePolicies: [{ RoleName: 'a' }, 3],
    ListRoles: [{}, 3],
    ListRoleTags: [{ RoleName: 'a' }, 3],
    // Of these there are none here.
    ListSAMLProviderTags: undefined,
    ListServerCertificateTags: undefined,
    ListServerCertificates: [{}, 0],
    ListSigningCertificates: [{ UserName: 'a' }, 0],
    ListSSHPublicKeys: [{ UserName: 'a' }, 0],
    ListUserPolicies: [{ UserName: 'a' }, 3],
    ListUsers: [{}, 3],
    ListUserTags: [{ UserName: 'a' }, 3],
    ListVirtualMFADevices: [{}, 3],
    SimulateCustomPolicy: [{ PolicyInputList: [allow('s3:Get*')], ActionNames }, 3],
    SimulatePrincipalPolicy: [{ PolicySourceArn: `arn:aws:iam::${account.id}:role/a`, ActionNames }, 3],
  };
  const known = Object.keys(sdk).filter((name) => name.startsWith('paginate')).map((name) => name.slice(8));
  assert.deepEqual(known.sort(), Object.keys(needs).sort());
  for (const [name, need] of Object.entries(needs)) {
    if (!need) continue;
    const [input, least] = need;
    const all = async (pageSize) => {
      const found = [];
      // A copy: the SDK writes its marker into what it is given.
      for await (const page of sdk[`paginate${name}`]({ client: iam, pageSize }, { ...input })) {
        const here = items(page);
        assert.ok(here.length <= pageSize, `${name}: ${here.length} on a page of ${pageSize}`);
        found.push(...here);
      }
      return found.sort();
    };
    const alone = await all(1);
    assert.deepEqual(alone, await all(1000), name);
    assert.equal(new Set(alone).size, alone.length, name);
    assert.ok(alone.length >= least, `${name}: ${alone.length}`);
  }
});

test('every waiter finds what is there and gives up on what is not', async () => {
  const known = Object.keys(sdk).filter((name) => name.startsWith('waitUntil'));
  const needs = {
    waitUntilInstanceProfileExists: ['InstanceProfileName', 'a'],
    waitUntilPolicyExists: ['PolicyArn', policy],
    waitUntilRoleExists: ['RoleName', 'a'],
    waitUntilUserExists: ['UserName', 'a'],
  };
  assert.deepEqual(known.sort(), Object.keys(needs));
  for (const [name, [parameter, value]] of Object.entries(needs)) {
    const found = await sdk[name]({ client: iam, maxWaitTime: 5 }, { [parameter]: value });
    assert.equal(found.state, 'SUCCESS', name);
    const limits = { client: iam, maxWaitTime: 2, minDelay: 1, maxDelay: 1 };
    await assert.rejects(sdk[name](limits, { [parameter]: `${value}x` }), { name: 'TimeoutError' }, name);
  }
});
