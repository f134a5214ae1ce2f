"""Attacks on sessions: forged tokens, stolen bindings, chains, tags, and principals that come back."""

import base64
import json
import random

import pytest

from harness import raw
from harness.account import Account, allow, deny, trust
from harness.credentials import Credentials
from harness.drivers import Refused
from harness.raw import Forge

WHO = raw.form("GetCallerIdentity", "2011-06-15")
NOT_INTACT = (403, "InvalidClientTokenId", "The security token included in the request is invalid")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def ask(account, credentials: Credentials) -> tuple[int, str, str]:
    """What GetCallerIdentity says."""
    reply = raw.call(account.server, Forge(credentials), WHO)
    return reply.status, reply.code, reply.message


def refusal(call, *args, **parameters) -> tuple[str, str]:
    """Code and sentence of a call that has to be refused."""
    with pytest.raises(Refused) as caught:
        call(*args, **parameters)
    return caught.value.code, caught.value.message


@pytest.fixture
def role(account) -> str:
    """A role that the account's administrator may assume; it may do everything in IAM."""
    return account.role("role", trust(account.user_arn("admin"), ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]), allow(["iam:*", "sts:*"]))


@pytest.fixture
def session(account, role) -> Credentials:
    """A session of it."""
    return account.assume(account.admin, role)


def test_sts_01_every_changed_token_is_refused(account, session, role):
    token = session.token
    assert ask(account, session)[0] == 200
    mutants = {token[:at] + random.choice(ALPHABET.replace(token[at], "")) + token[at + 1 :] for at in range(0, len(token), max(1, len(token) // 120)) if token[at] != "="}
    other = account.assume(account.admin, role, "second").token
    half = len(token) // 2
    mutants |= {token[:-4], token[4:], token + "AAAA", token[:half], token[half:], token[:half] + other[half:], other[:half] + token[half:], token + token, token[::-1], "A" * len(token), token[:half] + token[half + 4 :], token.swapcase()}
    blocks = [token[at : at + 64] for at in range(0, len(token), 64)]
    if len(blocks) > 2:
        mutants.add("".join([blocks[1], blocks[0]] + blocks[2:]))
    mutants.discard(token)
    for mutant in mutants:
        assert ask(account, session.replace(token=mutant)) == NOT_INTACT, mutant


def test_sts_01_tokens_that_are_no_tokens(account, session):
    for mutant in ("x", "=", "%00", "A" * 4096, "A" * 9000, "null", "{}", base64.b64encode(b"\x00" * 300).decode(), "é" * 10):
        reply = raw.call(account.server, Forge(session.replace(token=mutant)), WHO)
        assert 400 <= reply.status < 500, (mutant[:20], reply)


def test_sts_02_nobody_seals_a_token_of_their_own(account, session):
    claims = json.dumps({"sub": account.user_arn("admin"), "exp": 4102444800, "account": account.id}).encode()
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    payload = base64.urlsafe_b64encode(claims).decode().rstrip("=")
    for forged in (f"{header}.{payload}.", base64.b64encode(claims).decode(), base64.b64encode(b"\x01" + bytes(12) + claims).decode()):
        status, code, _ = ask(account, session.replace(token=forged))
        assert (status, code) == (403, "InvalidClientTokenId")


def test_sts_08_a_token_is_bound_to_its_key_account_and_installation(account, accounts, session, own_server):
    second = account.assume(account.admin, f"arn:aws:iam::{account.id}:role/role", "second")
    assert ask(account, session.replace(token=second.token)) == NOT_INTACT
    assert ask(account, Credentials(second.access_key_id, session.secret, session.token)) == NOT_INTACT
    other = accounts()
    theirs = other.assume(other.admin, other.role("role", trust(other.user_arn("admin"))))
    assert ask(account, session.replace(token=theirs.token))[:2] == NOT_INTACT[:2]
    # Another installation: neither its tokens nor its keys.
    foreign = own_server().start()
    try:
        reply = raw.call(foreign, Forge(session), WHO)
        assert (reply.status, reply.code) == (403, "InvalidClientTokenId")
    finally:
        foreign.stop()
    # One token in the header and another in the query.
    headers = {"Host": f"127.0.0.1:{account.server.port}", "Content-Type": raw.FORM}
    query = f"X-Amz-Security-Token={raw._encode(second.token)}"
    signed = raw.sign(Forge(session), "POST", "/", query, headers, WHO.encode())
    reply = raw.send(account.server.port, "POST", f"/?{query}", signed, WHO.encode())
    # Whose session it is may not be the query's.
    assert reply.status != 200 or reply.value("Arn").endswith("/session"), reply.body


def test_sts_09_a_chain_never_outlives_an_hour(account, role):
    looped = account.role("loop", trust({"AWS": [role, f"arn:aws:iam::{account.id}:root"]}), allow("sts:*"), MaxSessionDuration=43200)
    session = account.assume(account.admin, looped)
    for _ in range(20):
        session = account.assume(session, looped, DurationSeconds=3600)
    code, message = refusal(account.assume, session, looped, DurationSeconds=3601)
    assert (code, message) == ("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
    account.iam("UpdateRole", RoleName="loop", MaxSessionDuration=3600)
    assert refusal(account.assume, account.admin, looped, DurationSeconds=3601)[0] == "ValidationError"


@pytest.mark.parametrize("duration_s", ["899", "0", "-1", "43201", "3601", "99999999999999999999", "1e4", "3600.0", " 3600", "", "0x1000"])
def test_sts_10_durations_at_the_edges(account, role, duration_s):
    reply = raw.query(account.server, account.admin, "sts", "AssumeRole", RoleArn=role, RoleSessionName="session", DurationSeconds=duration_s)
    assert reply.status == 400 and "<Credentials>" not in reply.body, reply.body


@pytest.mark.parametrize(
    "text",
    ["{}", '{"Version":"2012-10-17"}', '{"Version":"2012-10-17","Statement":[]}', "x", "[]", "null", '{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}', '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}}', '{"Version":"2012-10-17","Statement":{"Effect":"allow","Action":"*","Resource":"*"}}', " "],
)
def test_sts_11_a_bad_session_policy_is_an_error(account, role, text):
    code, _ = refusal(account.assume, account.admin, role, Policy=text)
    assert code in ("MalformedPolicyDocument", "ValidationError")


def test_sts_11_sizes_and_owners_of_session_policies(account, accounts, role):
    for text in (allow(["iam:Get" + "x" * 40 + str(number) for number in range(60)]), allow("*", ["arn:aws:s3:::" + "y" * 900 + str(n) for n in range(6)])):
        code, _ = refusal(account.assume, account.admin, role, Policy=text)
        assert code in ("PackedPolicyTooLarge", "ValidationError", "MalformedPolicyDocument")
    own = account.iam("CreatePolicy", PolicyName="p", PolicyDocument=allow("iam:GetUser"))["Policy"]["Arn"]
    code, _ = refusal(account.assume, account.admin, role, PolicyArns=[{"arn": own}] * 11)
    assert code in ("ValidationError", "LimitExceeded", "PackedPolicyTooLarge")
    theirs = accounts()
    foreign = theirs.iam("CreatePolicy", PolicyName="p", PolicyDocument=allow("*"))["Policy"]["Arn"]
    for arn in (foreign, f"arn:aws:iam::{account.id}:policy/none", "arn:aws:iam::aws:policy/None", "arn:aws:s3:::not-a-policy-at-all"):
        refusal(account.assume, account.admin, role, PolicyArns=[{"arn": arn}])
    # An empty set is not "no restriction": it is the policy that counts.
    narrowed = account.assume(account.admin, role, PolicyArns=[{"arn": own}])
    assert refusal(account.iam, "ListUsers", narrowed)[0] == "AccessDenied"


def test_sts_12_names_are_not_patterns(account):
    """What a caller chooses is put into policies as it is: its wildcards and variables are letters."""
    tagged = allow("iam:GetUser", f"arn:aws:iam::{account.id}:user/${{aws:PrincipalTag/who}}")
    arn = account.role("named", trust(account.user_arn("admin"), ["sts:AssumeRole", "sts:TagSession"]), tagged)
    account.iam("CreateUser", UserName="victim")
    own = account.assume(account.admin, arn, Tags=[{"Key": "who", "Value": "victim"}])
    assert account.iam("GetUser", own, UserName="victim")["User"]
    for value in ("vic+im", "admin/../victim", "victi", "victim/", "VICTIM", "_"):
        other = account.assume(account.admin, arn, Tags=[{"Key": "who", "Value": value}])
        assert refusal(account.iam, "GetUser", other, UserName="victim")[0] == "AccessDenied", value
    for value in ("*", "?", "${aws:username}", "${*}", "victi?", "a,b"):
        # Not allowed in a tag, and if it were it would match nothing.
        reply = raw.query(account.server, account.admin, "sts", "AssumeRole", **{"RoleArn": arn, "RoleSessionName": "session", "Tags.member.1.Key": "who", "Tags.member.1.Value": value})
        assert (reply.status, reply.code) == (400, "ValidationError"), value
    for name in ("*", "?*", "../x", "a/b", "a:b", "${aws:username}", "a\nb", "é"):
        reply = raw.query(account.server, account.admin, "sts", "AssumeRole", RoleArn=arn, RoleSessionName=name)
        assert (reply.status, reply.code) == (400, "ValidationError"), name


def test_sts_13_what_temporary_credentials_may_not(account, session):
    cannot = ("AccessDenied", "Cannot call GetSessionToken with session credentials")
    assert refusal(account.sts, "GetSessionToken", session) == cannot
    token = Credentials.of(account.sts("GetSessionToken", account.admin)["Credentials"])
    assert account.sts("GetCallerIdentity", token)["Arn"] == account.user_arn("admin")
    assert refusal(account.sts, "GetSessionToken", token) == cannot
    # Without MFA a session of GetSessionToken may not use IAM, whatever its user may.
    code, message = refusal(account.iam, "ListUsers", token)
    assert (code, message.rstrip(".")) == ("InvalidClientTokenId", NOT_INTACT[2])
    assert refusal(account.sts, "GetAccessKeyInfo", token, AccessKeyId=account.admin.access_key_id)[0] in ("AccessDenied", "InvalidClientTokenId")
    assert account.assume(token, f"arn:aws:iam::{account.id}:role/role")
    assert refusal(account.assume, token, f"arn:aws:iam::{account.id}:role/role", DurationSeconds=3601)[0] == "ValidationError"


def test_sts_14_transitive_tags_and_source_identity_stay(account, role):
    both = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    tagged = {"Condition": {"StringEquals": {"aws:PrincipalTag/Project": "blue", "aws:SourceIdentity": "carol"}}}
    target = account.role("next", trust(role, both), allow("iam:ListUsers", **tagged))
    last = account.role("last", trust(target, both), allow("iam:ListUsers", **tagged))
    account.iam("PutRolePolicy", RoleName="next", PolicyName="chain", PolicyDocument=allow("sts:*"))
    first = account.assume(account.admin, role, Tags=[{"Key": "Project", "Value": "blue"}, {"Key": "Local", "Value": "x"}], TransitiveTagKeys=["Project"], SourceIdentity="carol")
    second = account.assume(first, target)
    assert account.iam("ListUsers", second)["Users"], "the tag and the source identity came along"
    assert account.iam("ListUsers", account.assume(second, last))["Users"], "and go on"
    conflict = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."
    for key in ("Project", "PROJECT"):
        assert refusal(account.assume, first, target, Tags=[{"Key": key, "Value": "red"}]) == ("InvalidParameterValue", conflict)
    assert refusal(account.assume, first, target, SourceIdentity="mallory")[0] == "AccessDenied"
    assert account.assume(first, target, SourceIdentity="carol")
    missing = "The specified transitive tag key must be included in the requested tags."
    assert refusal(account.assume, account.admin, role, Tags=[{"Key": "a", "Value": "b"}], TransitiveTagKeys=["c"]) == ("InvalidParameterValue", missing)
    twice = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    assert refusal(account.assume, account.admin, role, Tags=[{"Key": "a", "Value": "b"}, {"Key": "A", "Value": "c"}]) == ("InvalidParameterValue", twice)
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(51)]
    assert refusal(account.assume, account.admin, role, Tags=many)[0] == "ValidationError"
    large = [{"Key": f"key-{number}-" + "k" * 100, "Value": f"{number}" + "v" * 200} for number in range(50)]
    assert refusal(account.assume, account.admin, role, Tags=large)[0] == "PackedPolicyTooLarge"
    assert refusal(account.assume, account.admin, role, Tags=[{"Key": "aws:x", "Value": "y"}])[0] in ("ValidationError", "InvalidParameterValue", "InvalidInput")


def test_sts_14_a_chain_needs_permission_to_carry_tags(account, role):
    plain = account.role("plain", trust(role))
    tagged = account.assume(account.admin, role, Tags=[{"Key": "Project", "Value": "blue"}], TransitiveTagKeys=["Project"])
    code, message = refusal(account.assume, tagged, plain)
    assert code == "AccessDenied" and "sts:TagSession" in message
    sourced = account.assume(account.admin, role, SourceIdentity="carol")
    code, message = refusal(account.assume, sourced, plain)
    assert code == "AccessDenied" and "sts:SetSourceIdentity" in message
    assert account.assume(account.assume(account.admin, role), plain)


def test_sts_15_a_session_dies_with_its_role(account, session):
    assert ask(account, session)[0] == 200
    account.iam("DeleteRolePolicy", RoleName="role", PolicyName="inline")
    assert refusal(account.iam, "ListUsers", session)[0] == "AccessDenied", "policies are read at each call"
    account.iam("DeleteRole", RoleName="role")
    assert ask(account, session)[:2] == (403, "InvalidClientTokenId")
    account.role("role", trust(account.user_arn("admin")), allow("*"))
    assert ask(account, session)[:2] == (403, "InvalidClientTokenId"), "a new role of that name is another role"


def test_sts_15_a_session_of_a_user_dies_with_the_user(account):
    key = account.user("short")
    token = Credentials.of(account.sts("GetSessionToken", key)["Credentials"])
    assert ask(account, token)[0] == 200
    account.iam("DeleteAccessKey", UserName="short", AccessKeyId=key.access_key_id)
    account.iam("DeleteUser", UserName="short")
    assert ask(account, token)[:2] == (403, "InvalidClientTokenId")
    account.user("short")
    assert ask(account, token)[:2] == (403, "InvalidClientTokenId")


@pytest.mark.parametrize("kind", ["user", "role"])
def test_sts_16_a_principal_that_came_back_is_not_trusted(account, role, kind):
    def principal() -> tuple[str, Credentials]:
        if kind == "user":
            return account.user_arn("trusted"), account.user("trusted", allow("sts:AssumeRole"))
        arn = account.role("trusted", trust(account.user_arn("admin")), allow("sts:AssumeRole"))
        return arn, account.assume(account.admin, arn)

    arn, credentials = principal()
    target = account.role("target", trust(arn))
    assert account.assume(credentials, target)
    if kind == "user":
        account.iam("DeleteUserPolicy", UserName="trusted", PolicyName="inline")
        account.iam("DeleteAccessKey", UserName="trusted", AccessKeyId=credentials.access_key_id)
        account.iam("DeleteUser", UserName="trusted")
    else:
        account.iam("DeleteRolePolicy", RoleName="trusted", PolicyName="inline")
        account.iam("DeleteRole", RoleName="trusted")
    _, again = principal()
    assert refusal(account.assume, again, target)[0] == "AccessDenied"
    shown = account.iam("GetRole", RoleName="target")["Role"]["AssumeRolePolicyDocument"]
    bound = shown["Statement"][0]["Principal"]["AWS"]
    assert bound.startswith("AIDA" if kind == "user" else "AROA"), bound
    account.iam("UpdateAssumeRolePolicy", RoleName="target", PolicyDocument=trust(arn))
    assert account.assume(again, target), "named anew it is trusted"


def test_sts_17_rotated_keys_keep_sessions_and_revoked_ones_end_them(own_server):
    server = own_server().start()
    admin = server.admin()
    account = Account(server)
    session = account.assume(account.admin, account.role("role", trust(account.user_arn("admin"))))
    server.operator("rotate-keys")
    assert ask(account, session)[0] == 200, "retired, not revoked"
    after = account.assume(account.admin, f"arn:aws:iam::{account.id}:role/role")
    assert server.stop() == 0
    server.start()
    assert ask(account, session)[0] == 200 and ask(account, after)[0] == 200
    assert raw.query(server, admin, "sts", "GetCallerIdentity").status == 200
    dead = (403, "InvalidClientTokenId")
    server.operator("rotate-keys", "--revoke", "1")
    assert ask(account, session)[:2] == dead
    assert ask(account, after)[0] == 200
    server.operator("rotate-keys", "--revoke", "2")
    assert ask(account, after)[:2] == dead, "the key that was sealing is revoked, another takes its place"
    fresh = account.assume(account.admin, f"arn:aws:iam::{account.id}:role/role")
    assert ask(account, fresh)[0] == 200
    server.kill()
    server.start()
    assert ask(account, fresh)[0] == 200
    assert ask(account, session)[:2] == dead and ask(account, after)[:2] == dead, "revoked for good"


@pytest.mark.parametrize("external_id", [None, "", "Secret-42", "secret-4", "secret-422", "secret-42 ", "secret‑42", "s" * 1225, "*"])
def test_sts_18_external_ids(account, external_id):
    condition = {"Condition": {"StringEquals": {"sts:ExternalId": "secret-42"}}}
    arn = account.role("guarded", trust(account.user_arn("admin"), **condition))
    assert account.assume(account.admin, arn, ExternalId="secret-42")
    parameters = {"RoleArn": arn, "RoleSessionName": "session"} | ({} if external_id is None else {"ExternalId": external_id})
    reply = raw.query(account.server, account.admin, "sts", "AssumeRole", **parameters)
    assert (reply.status, reply.code) in ((403, "AccessDenied"), (400, "ValidationError")), reply
    assert "xternal" not in reply.message or reply.status == 400, "which part failed is not told"


@pytest.mark.parametrize("permitted", [None, allow("sts:AssumeRole"), deny("sts:AssumeRole")], ids=["silent", "allowed", "denied"])
def test_sts_18_a_role_that_is_not_there_answers_like_one_that_trusts_others(account, permitted):
    """In one account, where sentences give reasons, the reason may not tell which roles there are."""
    key = account.user("prober", permitted)
    closed = account.role("closed", trust(account.user_arn("admin")))
    guarded = account.role("guarded", trust(account.user_arn("admin"), Condition={"StringEquals": {"sts:ExternalId": "x42"}}))
    missing = f"arn:aws:iam::{account.id}:role/missing"
    answers = {refusal(account.assume, key, arn)[1].replace(arn, "ROLE") for arn in (closed, guarded, missing)}
    assert len(answers) == 1, answers
    longest = {refusal(account.assume, key, arn, DurationSeconds=43200)[1].replace(arn, "ROLE") for arn in (closed, missing)}
    assert longest == answers, "nor may the role's maximum"


def test_sts_19_failing_calls_issue_nothing(account):
    arn = account.role("closed", trust(account.id, Condition={"StringEquals": {"sts:ExternalId": "never"}}))
    before = len(account.server.trail.settled().records)
    for parameters in ({"DurationSeconds": "899"}, {}, {"ExternalId": "wrong"}, {"Policy": "{}"}, {"Tags.member.1.Key": "a", "Tags.member.1.Value": "b"}):
        reply = raw.query(account.server, account.admin, "sts", "AssumeRole", RoleArn=arn, RoleSessionName="session", **parameters)
        assert reply.status in (400, 403)
        assert "ASIA" not in reply.body and "SessionToken" not in reply.body
    for record in account.server.trail.settled().records[before:]:
        assert record["responseElements"] is None
