"""Point 7: `locum` as a person uses it, in a real shell, with the stock AWS CLI beside it."""

import configparser
import datetime
import json
import os
import pathlib
import subprocess

import pytest

from harness.account import allow, deny, trust
from harness.credentials import Credentials
from harness.drivers import Cli, make
from harness.server import Server, bare_environment, binary, free_port

EXTERNAL_ID = "unicorn-42"


class Shell:
    """bash with a home of its own, `locum` and `aws` on its path, and a caller's key in the environment."""

    def __init__(self, account, home: pathlib.Path, credentials: Credentials):
        self.home = home
        aws: Cli = make("cli1", account.server.url, home)
        tools = home / "bin"
        tools.mkdir(exist_ok=True)
        for name, target in (("locum", binary()), ("aws", aws.program)):
            if not (tools / name).exists():
                (tools / name).symlink_to(target)
        self.environment = aws.environment(credentials)
        self.environment["PATH"] = f"{tools}:{os.environ['PATH']}"
        self.environment["SHELL"] = "/bin/bash"
        self.environment["XDG_CACHE_HOME"] = str(home / "cache")
        self.environment["XDG_CONFIG_HOME"] = str(home / "settings")

    def run(self, script: str, **variables: str) -> subprocess.CompletedProcess:
        """A script; both of its outputs."""
        return subprocess.run(["bash", "-c", script], env=self.environment | variables, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, cwd=self.home, check=False)

    def out(self, script: str, **variables: str) -> str:
        """A script that has to succeed; its standard output."""
        done = self.run(script, **variables)
        assert done.returncode == 0, f"{script}: {done.returncode}: {done.stderr}"
        return done.stdout


@pytest.fixture
def role(account) -> str:
    """A role that needs the external id."""
    condition = {"Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}
    return account.role("deployer", trust(account.user_arn("admin"), ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"], **condition), allow("iam:ListUsers"), Path="/ops/")


@pytest.fixture
def shell(account, role, tmp_path) -> Shell:
    """A shell of the account's administrator, with profiles for the role."""
    made = Shell(account, tmp_path, account.admin)
    folder = tmp_path / ".aws"
    folder.mkdir()
    config = configparser.ConfigParser()
    config["profile base"] = {"region": "us-east-1"}
    config["profile deploy"] = {"role_arn": role, "credential_source": "Environment", "external_id": EXTERNAL_ID, "role_session_name": "by-profile", "duration_seconds": "900"}
    config["profile through-locum"] = {"credential_process": f"{binary()} credential-process {role} --external-id {EXTERNAL_ID} --session-name by-process"}
    with open(folder / "config", "w", encoding="utf-8") as file:
        config.write(file)
    return made


def arn_of(account, session: str) -> str:
    """The ARN of a session of the role."""
    return f"arn:aws:sts::{account.id}:assumed-role/deployer/{session}"


def test_point_7_eval_env(shell, account, role):
    script = f'eval "$(locum env {role} --external-id {EXTERNAL_ID} --session-name here)" && aws sts get-caller-identity --query Arn --output text && echo "$AWS_CREDENTIAL_EXPIRATION" && eval "$(locum unset)" && echo "[$AWS_ACCESS_KEY_ID$AWS_SESSION_TOKEN]"'
    arn, expires, left = shell.out(script).splitlines()
    assert arn == arn_of(account, "here") and left == "[]"
    assert datetime.datetime.fromisoformat(expires.replace("Z", "+00:00")) > datetime.datetime.now(datetime.timezone.utc)


def test_point_7_exec(shell, account, role):
    run = f"locum exec {role} --external-id {EXTERNAL_ID} --session-name here --"
    assert json.loads(shell.out(f"{run} aws sts get-caller-identity"))["Arn"] == arn_of(account, "here")
    # The child's own exit code, its arguments as they are, its signals.
    assert shell.run(f"{run} bash -c 'exit 42'").returncode == 42
    assert shell.out(f"{run} printf '%s|' 'a b' '$HOME' --flag") == "a b|$HOME|--flag|"
    done = shell.run(f"{run} aws iam create-user --user-name mallory")
    assert done.returncode in (254, 255) and "AccessDenied" in done.stderr
    assert shell.run(f"{run} no-such-program-here").returncode == 255


@pytest.mark.parametrize("how", ["arn", "account:name", "name", "profile"])
def test_point_7_ways_to_name_a_role(shell, account, role, how):
    options = "" if how == "profile" else f"--external-id {EXTERNAL_ID} --session-name by-profile"
    # A short name has no path: the role's path is part of its ARN.
    if how in ("account:name", "name"):
        account.role("plain", trust(account.user_arn("admin")))
        expected = f"arn:aws:sts::{account.id}:assumed-role/plain/by-profile"
    else:
        expected = arn_of(account, "by-profile")
    name = {"arn": role, "account:name": f"{account.id}:plain", "name": "plain", "profile": "deploy"}[how]
    assert json.loads(shell.out(f"locum exec {name} {options} -- aws sts get-caller-identity"))["Arn"] == expected


def assume(shell: Shell, role: str, form: str, more: str = "") -> str:
    """`locum assume` in one of its forms."""
    return shell.out(f"locum assume {role} --external-id {EXTERNAL_ID} --duration 1h --session-name forms {more} --format {form}")


def works(account, credentials: Credentials, session: str = "forms"):
    """The printed session is one."""
    assert account.sts("GetCallerIdentity", credentials)["Arn"] == arn_of(account, session)


def test_point_7_assume_formats_for_programs(shell, account, role):
    printed = json.loads(assume(shell, role, "json", "--tag Project=blue --tag Team='a b' --source-identity carol"))
    assert printed["AssumedRoleUser"]["Arn"] == arn_of(account, "forms")
    works(account, Credentials.of(printed["Credentials"]))
    process = json.loads(assume(shell, role, "process"))
    assert process["Version"] == 1 and process["Expiration"]
    works(account, Credentials.of(process))
    record = account.server.trail.settled().records
    asked = [one["requestParameters"] for one in record if one["eventName"] == "AssumeRole" and one["requestParameters"] and one["requestParameters"].get("sourceIdentity") == "carol" and one["requestParameters"]["roleArn"] == role]
    assert asked[-1]["tags"] == [{"key": "Project", "value": "blue"}, {"key": "Team", "value": "a b"}]
    assert asked[-1]["durationSeconds"] == 3600


def test_point_7_assume_formats_for_shells(shell, account, role):
    lines = assume(shell, role, "env").splitlines()
    assert all(line.startswith(("export ", "unset ")) for line in lines)
    printed = shell.out(f'eval "$(locum assume {role} --external-id {EXTERNAL_ID} --session-name forms --format env)"; printf "%s\n" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$AWS_SESSION_TOKEN"')
    works(account, Credentials(*printed.splitlines()))
    for form, start, mark in (("fish", "set -gx AWS_ACCESS_KEY_ID ", '"'), ("powershell", "$Env:AWS_ACCESS_KEY_ID=", '"')):
        text = assume(shell, role, form)
        line = next(one for one in text.splitlines() if one.startswith(start))
        assert line.rstrip(";").endswith(mark) and "ASIA" in line
        assert "AWS_SECRET_ACCESS_KEY" in text and "AWS_SESSION_TOKEN" in text
    for line in assume(shell, role, "env-no-export").splitlines():
        name, _, value = line.partition("=")
        assert name.startswith("AWS_") and value


def test_point_7_whoami(shell, account):
    shown = shell.out("locum whoami")
    assert account.user_arn("admin") in shown and account.id in shown
    assert json.loads(shell.out("locum whoami --format json"))["Arn"] == account.user_arn("admin")
    assert arn_of(account, "by-profile") in shell.out("locum whoami --profile deploy")


def test_point_7_credential_process(shell, account, role):
    printed = json.loads(shell.out(f"locum credential-process {role} --external-id {EXTERNAL_ID}"))
    assert printed["Version"] == 1
    # The SDKs run it by themselves.
    script = "env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY AWS_PROFILE=through-locum aws sts get-caller-identity"
    config = (shell.home / ".aws/config").read_text(encoding="utf-8")
    config += f"\n[profile keys]\naws_access_key_id = {account.admin.access_key_id}\naws_secret_access_key = {account.admin.secret}\n"
    config = config.replace("credential-process ", "credential-process --profile keys ")
    (shell.home / ".aws/config").write_text(config, encoding="utf-8")
    done = shell.run(script)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Arn"] == arn_of(account, "by-process")


def issued(account, session: str) -> int:
    """How many sessions of that name were issued."""
    records = account.server.trail.settled().records
    return sum(1 for one in records if one["eventName"] == "AssumeRole" and "errorCode" not in one and one["requestParameters"]["roleSessionName"] == session and one.get("recipientAccountId") == account.id)


def test_point_7_sessions_are_cached_and_reused(shell, account, role):
    command = f"locum assume {role} --external-id {EXTERNAL_ID} --session-name kept --format json"
    first = json.loads(shell.out(command))["Credentials"]["AccessKeyId"]
    assert json.loads(shell.out(command))["Credentials"]["AccessKeyId"] == first
    assert issued(account, "kept") == 1
    assert json.loads(shell.out(command + " --refresh"))["Credentials"]["AccessKeyId"] != first
    assert json.loads(shell.out(command + " --no-cache"))["Credentials"]["AccessKeyId"] != first
    assert issued(account, "kept") == 3
    # Many at once make one call.
    shell.out(" & ".join([f"locum assume {role} --external-id {EXTERNAL_ID} --session-name crowd --format json > {n}.json" for n in range(8)]) + " & wait")
    keys = {json.loads((shell.home / f"{n}.json").read_text(encoding="utf-8"))["Credentials"]["AccessKeyId"] for n in range(8)}
    assert len(keys) == 1 and issued(account, "crowd") == 1
    # Another external id is another session, not the cached one.
    done = shell.run(command.replace(EXTERNAL_ID, "wrong-42"))
    assert done.returncode == 254 and "AccessDenied" in done.stderr
    for path in (shell.home / "cache").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_point_7_exit_codes_and_where_words_go(shell, account, role):
    cases = [
        ("locum", 252),
        ("locum nonsense", 252),
        (f"locum assume {role} --duration soon", 252),
        ("locum whoami --profile nobody", 253),
        (f"locum assume {role} --external-id wrong --format json", 254),
        (f"locum assume {role} --external-id {EXTERNAL_ID} --format json --endpoint-url http://127.0.0.1:{free_port()}", 255),
    ]
    for command, code in cases:
        done = shell.run(command)
        assert done.returncode == code, (command, done.returncode, done.stderr)
        assert done.stdout == "" and done.stderr, command
        assert account.admin.secret not in done.stderr
    assert "AccessDenied" in shell.run(cases[4][0]).stderr
    assert shell.run("locum --help").returncode == 0 and shell.run("locum --version").returncode == 0


def test_point_7_session_policies_from_the_command_line(shell, account, role):
    (shell.home / "narrow.json").write_text(deny("iam:ListUsers"), encoding="utf-8")
    for policy in ("narrow.json", "'" + deny("iam:ListUsers") + "'"):
        done = shell.run(f"locum exec {role} --external-id {EXTERNAL_ID} --policy {policy} -- aws iam list-users")
        assert done.returncode in (254, 255)
        assert "with an explicit deny in a session policy" in done.stderr


def test_point_7_the_operator_s_commands(own_server, tmp_path):
    server: Server = own_server().start()
    status = json.loads(server.operator("status", "--format", "json").stdout)
    assert server.account_id in json.dumps(status)
    name, key = server.create_account("by-operator")
    reply = subprocess.run([binary(), "operator", "root-key", name, "--format", "json", "--data", str(server.data)], capture_output=True, text=True, env=bare_environment(), timeout=20, check=False)
    assert reply.returncode == 0, reply.stderr
    again = Credentials.of(json.loads(reply.stdout))
    assert again.access_key_id != key.access_key_id
    backup = tmp_path / "backup.redb"
    server.operator("backup", str(backup))
    assert backup.stat().st_size > 0 and backup.stat().st_mode & 0o077 == 0
    assert server.operator("backup", str(backup), check=False).returncode != 0, "nothing is overwritten"
    names = [record["eventName"] for record in server.trail.settled().records]
    assert {"CreateAccount", "CreateRootAccessKey", "Backup"} <= set(names), names
    assert "alarm" in server.log() or "operator" in server.log()
    assert server.stop() == 0
    assert server.operator("status", check=False).returncode != 0
