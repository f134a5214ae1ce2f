// Takes calls as JSON lines and makes them with the AWS SDK for JavaScript v3; pytest's scenarios speak to it.

import { createInterface } from 'node:readline';
import * as cloudtrail from '@aws-sdk/client-cloudtrail';
import * as iam from '@aws-sdk/client-iam';
import * as organizations from '@aws-sdk/client-organizations';
import * as sts from '@aws-sdk/client-sts';

const SERVICES = {
  cloudtrail: [cloudtrail, cloudtrail.CloudTrailClient],
  iam: [iam, iam.IAMClient],
  organizations: [organizations, organizations.OrganizationsClient],
  sts: [sts, sts.STSClient],
};

async function call({ service, operation, parameters, credentials }) {
  const [module, Client] = SERVICES[service];
  const client = new Client({ credentials, maxAttempts: 1 });
  try {
    const { $metadata, ...output } = await client.send(new module[`${operation}Command`](parameters));
    return { output };
  } catch (error) {
    if (error.$metadata?.httpStatusCode === undefined) throw error;
    return { error: { code: error.Error?.Code ?? error.Code ?? error.name, message: error.message } };
  } finally {
    client.destroy();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await call(JSON.parse(line)))}\n`);
}
