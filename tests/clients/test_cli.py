"""The AWS CLIs on IAM as people type them: options, files, queries, pages, waiters, exit codes."""

import json

import pytest

from harness import drivers
from harness.account import ADMINISTRATOR, allow, trust

#: Exit codes of a refusal by the service, and of a waiter that gave up.
REFUSED, GAVE_UP = {"cli1": 255, "cli2": 254}, {"cli1": 255, "cli2": 255}
EC2 = trust({"Service": "ec2.amazonaws.com"})


@pytest.fixture(params=[name for name in drivers.available() if name.startswith("cli")])
def aws(request, account, home):
    """`aws iam …` by the administrator of an account of its own; the answer read as JSON."""
    cli = drivers.make(request.param, account.server.url, home)

    def run(*words: str, code: dict | None = None):
        done = cli.run(account.admin, "iam", *words)
        assert done.returncode == (code or {}).get(request.param, 0), f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        if code:
            return done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    run.account = account
    return run


def test_entities_by_shell(aws, tmp_path):
    """A user, a role and a policy from the cradle to the grave, documents from files."""
    text = tmp_path / "policy.json"
    text.write_text(allow("s3:Get*"))
    trusting = tmp_path / "trust.json"
    trusting.write_text(EC2)
    arn = aws("create-policy", "--policy-name", "cli", "--policy-document", f"file://{text}", "--tags", "Key=env,Value=test")["Policy"]["Arn"]
    assert aws("get-policy", "--policy-arn", arn, "--query", "Policy.DefaultVersionId") == "v1"
    shown = aws("get-policy-version", "--policy-arn", arn, "--version-id", "v1", "--query", "PolicyVersion.Document")
    assert shown == json.loads(allow("s3:Get*")), "documents are decoded"
    made = aws("create-role", "--role-name", "cli", "--assume-role-policy-document", f"file://{trusting}", "--max-session-duration", "7200")
    assert made["Role"]["AssumeRolePolicyDocument"] == json.loads(EC2)
    assert aws("attach-role-policy", "--role-name", "cli", "--policy-arn", arn) is None
    assert aws("put-role-policy", "--role-name", "cli", "--policy-name", "in", "--policy-document", f"file://{text}") is None
    role = aws("get-role", "--role-name", "cli")["Role"]
    assert (role["MaxSessionDuration"], role["RoleLastUsed"]) == (7200, {})
    assert aws("list-role-policies", "--role-name", "cli") == {"PolicyNames": ["in"]}
    assert aws("list-attached-role-policies", "--role-name", "cli", "--query", "AttachedPolicies[].PolicyName") == ["cli"]
    aws("create-user", "--user-name", "cli", "--tags", '[{"Key":"a b","Value":"c+d"}]')
    assert aws("list-user-tags", "--user-name", "cli", "--query", "Tags") == [{"Key": "a b", "Value": "c+d"}]
    key = aws("create-access-key", "--user-name", "cli", "--query", "AccessKey.AccessKeyId")
    assert aws("get-access-key-last-used", "--access-key-id", key)["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    aws("update-access-key", "--user-name", "cli", "--access-key-id", key, "--status", "Inactive")
    assert aws("list-access-keys", "--user-name", "cli", "--query", "AccessKeyMetadata[0].Status") == "Inactive"
    aws("create-group", "--group-name", "cli")
    aws("add-user-to-group", "--group-name", "cli", "--user-name", "cli")
    assert aws("get-group", "--group-name", "cli", "--query", "Users[].UserName") == ["cli"]
    aws("create-instance-profile", "--instance-profile-name", "cli")
    aws("add-role-to-instance-profile", "--instance-profile-name", "cli", "--role-name", "cli")
    query = "InstanceProfile.Roles[0].RoleName"
    assert aws("get-instance-profile", "--instance-profile-name", "cli", "--query", query) == "cli"
    # Refusals: the code of the service in the sentence, one exit code.
    for words in (
        ["delete-role", "--role-name", "cli"],
        ["delete-user", "--user-name", "cli"],
        ["delete-policy", "--policy-arn", arn],
        ["delete-instance-profile", "--instance-profile-name", "cli"],
    ):
        assert "(DeleteConflict)" in aws(*words, code=REFUSED)
    assert "The role with name nobody cannot be found." in aws("get-role", "--role-name", "nobody", code=REFUSED)
    for words in (
        ["remove-role-from-instance-profile", "--instance-profile-name", "cli", "--role-name", "cli"],
        ["delete-instance-profile", "--instance-profile-name", "cli"],
        ["detach-role-policy", "--role-name", "cli", "--policy-arn", arn],
        ["delete-role-policy", "--role-name", "cli", "--policy-name", "in"],
        ["delete-role", "--role-name", "cli"],
        ["delete-access-key", "--user-name", "cli", "--access-key-id", key],
        ["remove-user-from-group", "--group-name", "cli", "--user-name", "cli"],
        ["delete-group", "--group-name", "cli"],
        ["delete-user", "--user-name", "cli"],
        ["delete-policy", "--policy-arn", arn],
    ):
        assert aws(*words) is None, words


def test_account_wide_by_shell(aws):
    """Summary, alias, password rules, report, simulation, authorization details."""
    aws("create-account-alias", "--account-alias", f"cli-{aws.account.id}")
    assert aws("list-account-aliases") == {"AccountAliases": [f"cli-{aws.account.id}"]}
    aws("update-account-password-policy", "--minimum-password-length", "12", "--require-symbols")
    rules = aws("get-account-password-policy")["PasswordPolicy"]
    assert (rules["MinimumPasswordLength"], rules["RequireSymbols"], rules["RequireNumbers"]) == (12, True, False)
    assert aws("get-account-summary", "--query", "SummaryMap.Users") == 1
    assert aws("generate-credential-report")["State"] in ("STARTED", "COMPLETE")
    assert aws("get-credential-report", "--query", "ReportFormat") == "text/csv"
    words = ["--policy-source-arn", aws.account.user_arn("admin"), "--action-names", "s3:GetObject", "iam:CreateUser"]
    decisions = aws("simulate-principal-policy", *words, "--query", "EvaluationResults[].EvalDecision")
    assert decisions == ["allowed", "allowed"]
    details = aws("get-account-authorization-details", "--filter", "User", "--query", "UserDetailList[].UserName")
    assert details == ["admin"]
    oidc = aws("create-open-id-connect-provider", "--url", "https://cli.example.test", "--client-id-list", "one", "--thumbprint-list", "a" * 40)
    arn = oidc["OpenIDConnectProviderArn"]
    assert aws("get-open-id-connect-provider", "--open-id-connect-provider-arn", arn)["ClientIDList"] == ["one"]
    linked = aws("create-service-linked-role", "--aws-service-name", "ecs.amazonaws.com", "--query", "Role.RoleName")
    assert linked == "AWSServiceRoleForECS"
    task = aws("delete-service-linked-role", "--role-name", linked)["DeletionTaskId"]
    assert aws("get-service-linked-role-deletion-status", "--deletion-task-id", task)["Status"] == "SUCCEEDED"


def test_pages_by_shell(aws):
    """All pages by default, page sizes, the CLI's own cuts and its tokens."""
    for number in range(7):
        aws.account.iam("CreateUser", UserName=f"u{number}", Path="/cli/")
    names = [f"u{number}" for number in range(7)]
    words = ["list-users", "--path-prefix", "/cli/"]
    query = ["--query", "Users[].UserName"]
    assert aws(*words, *query) == names
    assert aws(*words, *query, "--page-size", "2") == names
    first = aws(*words, "--max-items", "3")
    assert [user["UserName"] for user in first["Users"]] == names[:3]
    rest = aws(*words, "--starting-token", first["NextToken"])
    assert [user["UserName"] for user in rest["Users"]] == names[3:] and "NextToken" not in rest
    # One page as the service sends it.
    page = aws("list-policies", "--scope", "AWS", "--no-paginate", "--query", "[IsTruncated, length(Policies)]")
    assert page == [True, 100]
    assert aws("list-policies", "--scope", "AWS", "--page-size", "1000", "--query", "length(Policies)") > 1000
    found = f"Policies[?Arn=='{ADMINISTRATOR}'].PolicyName | [0]"
    assert aws("list-policies", "--scope", "AWS", "--page-size", "1000", "--query", found) == "AdministratorAccess"


def test_waiters_by_shell(aws):
    """`aws iam wait`: over at once for what is there."""
    account = aws.account
    account.iam("CreateUser", UserName="w")
    account.iam("CreateRole", RoleName="w", AssumeRolePolicyDocument=EC2)
    account.iam("CreateInstanceProfile", InstanceProfileName="w")
    arn = account.iam("CreatePolicy", PolicyName="w", PolicyDocument=allow("a:b"))["Policy"]["Arn"]
    for words in (
        ["user-exists", "--user-name", "w"],
        ["role-exists", "--role-name", "w"],
        ["instance-profile-exists", "--instance-profile-name", "w"],
        ["policy-exists", "--policy-arn", arn],
    ):
        assert aws("wait", *words) is None
    # What is no matter of waiting ends it at once.
    assert "ValidationError" in aws("wait", "policy-exists", "--policy-arn", "x" * 20, code=GAVE_UP)
