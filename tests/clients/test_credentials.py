"""What users sign in and sign with, through boto3: MFA with real one-time codes, passwords, the credential report."""

import base64
import csv
import hashlib
import hmac
import io
import struct
import time

import pytest

from harness.account import Account, allow, trust
from harness.credentials import HIDDEN, Credentials
from harness.drivers import Refused

WRONG_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code."


def refused(call, *arguments, **parameters) -> tuple[str, str]:
    """Code and sentence of a call that has to be refused."""
    with pytest.raises(Refused) as caught:
        call(*arguments, **parameters)
    return caught.value.code, caught.value.message


def totp(seed: bytes, step: int) -> str:
    """The code of RFC 6238 at a time step."""
    digest = hmac.new(base64.b32decode(seed), struct.pack(">q", step), hashlib.sha1).digest()
    at = digest[19] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


class Device:
    """A virtual MFA device as its user holds it."""

    def __init__(self, account, user: str):
        made = account.iam("CreateVirtualMFADevice", VirtualMFADeviceName=user)["VirtualMFADevice"]
        self.serial = made["SerialNumber"]
        self.seed = made["Base32StringSeed"]
        HIDDEN.add(self.seed.decode())
        assert len(self.seed) == 64 and made["QRCodePNG"].startswith(b"\x89PNG")
        now = self.step()
        codes = [totp(self.seed, now - 2), totp(self.seed, now - 1)]
        account.iam("EnableMFADevice", UserName=user, SerialNumber=self.serial, AuthenticationCode1=codes[0], AuthenticationCode2=codes[1])
        self.next = now

    @staticmethod
    def step() -> int:
        return int(time.time()) // 30

    def code(self) -> str:
        """The next code that was not used yet. The device is a step behind; the second code waits for its time."""
        code = totp(self.seed, self.next)
        self.next += 1
        return code

    def wait(self) -> None:
        """Until the next code is good."""
        while self.next >= self.step():
            time.sleep(0.2)


def test_mfa_opens_what_asks_for_it(account):
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    alice = account.user("alice", allow(["sts:AssumeRole", "iam:ListUsers"]))
    device = Device(account, "alice")
    serial = device.serial
    assert account.iam("ListMFADevices", UserName="alice")["MFADevices"][0]["SerialNumber"] == serial
    guarded = account.role("guarded", trust(account.user_arn("alice"), Condition=condition), allow("iam:ListUsers", Condition=condition))
    assume = {"RoleArn": guarded, "RoleSessionName": "work"}
    assert refused(account.sts, "AssumeRole", alice, **assume)[0] == "AccessDenied"
    code = device.code()
    answer = account.sts("AssumeRole", alice, **assume, SerialNumber=serial, TokenCode=code)
    session = Credentials.of(answer["Credentials"])
    assert account.iam("ListUsers", session)["Users"]
    again = refused(account.sts, "AssumeRole", alice, **assume, SerialNumber=serial, TokenCode=code)
    assert again == ("AccessDenied", WRONG_CODE), "a code is good once"
    device.wait()
    token = account.sts("GetSessionToken", alice, SerialNumber=serial, TokenCode=device.code())
    assert account.iam("ListUsers", Credentials.of(token["Credentials"]), MaxItems=1)["Users"], "IAM takes a session with MFA"
    assert refused(account.iam, "DeleteUser", UserName="alice")[0] == "DeleteConflict"


def test_wrong_codes_are_counted_and_a_restart_does_not_forget(own_server):
    server = own_server("mfa").start()
    account = Account(server)
    alice = account.user("alice", allow("sts:*"))
    device = Device(account, "alice")
    right = {totp(device.seed, device.step() + near) for near in range(-10, 40)}
    wrong = next(f"{number:06}" for number in range(1_000) if f"{number:06}" not in right)
    for _ in range(10):
        assert refused(account.sts, "GetSessionToken", alice, SerialNumber=device.serial, TokenCode=wrong)[1] == WRONG_CODE
    assert server.stop() == 0
    server.start()
    locked = refused(account.sts, "GetSessionToken", alice, SerialNumber=device.serial, TokenCode=device.code())
    assert locked == ("AccessDenied", WRONG_CODE)


def test_passwords_and_the_credential_report(account):
    alice = account.user("alice", allow("iam:ChangePassword"))
    HIDDEN.update(["First-Horse-1", "Second-Horse-2", "Wrong-Horse-1"])
    made = account.iam("CreateServiceSpecificCredential", UserName="alice", ServiceName="codecommit.amazonaws.com")
    HIDDEN.add(made["ServiceSpecificCredential"]["ServicePassword"])
    weak = refused(account.iam, "CreateLoginProfile", UserName="alice", Password="password")
    assert weak[0] == "PasswordPolicyViolation"
    account.iam("CreateLoginProfile", UserName="alice", Password="First-Horse-1", PasswordResetRequired=True)
    assert account.iam("GetLoginProfile", UserName="alice")["LoginProfile"]["PasswordResetRequired"] is True
    wrong = refused(account.iam, "ChangePassword", alice, OldPassword="Wrong-Horse-1", NewPassword="Second-Horse-2")
    assert wrong == ("AccessDenied", "The old password was incorrect.")
    account.iam("ChangePassword", alice, OldPassword="First-Horse-1", NewPassword="Second-Horse-2")
    account.iam("UpdateAccountPasswordPolicy", MinimumPasswordLength=12, MaxPasswordAge=30, PasswordReusePrevention=2)
    reused = refused(account.iam, "ChangePassword", alice, OldPassword="Second-Horse-2", NewPassword="First-Horse-1")
    assert reused[0] == "PasswordPolicyViolation"
    assert refused(account.iam, "GetCredentialReport")[0] == "ReportNotPresent"
    while account.iam("GenerateCredentialReport")["State"] != "COMPLETE":
        time.sleep(0.1)
    report = account.iam("GetCredentialReport")
    rows = {row["user"]: row for row in csv.DictReader(io.StringIO(report["Content"].decode()))}
    assert set(rows) == {"<root_account>", "admin", "alice"}
    assert rows["alice"]["password_enabled"] == "true" and rows["alice"]["mfa_active"] == "false"
    assert rows["alice"]["access_key_1_last_used_service"] == "iam"
    assert rows["admin"]["password_enabled"] == "false"
    assert rows["<root_account>"]["password_enabled"] == "not_supported"


def test_last_use_of_a_key_outlives_a_restart(own_server):
    server = own_server("used").start()
    account = Account(server)
    alice = account.user("alice")
    never = account.iam("GetAccessKeyLastUsed", AccessKeyId=alice.access_key_id)
    assert never["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    account.sts("GetCallerIdentity", alice)
    used = account.iam("GetAccessKeyLastUsed", AccessKeyId=alice.access_key_id)
    assert used["UserName"] == "alice" and used["AccessKeyLastUsed"]["ServiceName"] == "sts"
    # Uses are kept every few seconds.
    time.sleep(6)
    assert server.stop() == 0
    server.start()
    after = account.iam("GetAccessKeyLastUsed", AccessKeyId=alice.access_key_id)
    assert after["AccessKeyLastUsed"] == used["AccessKeyLastUsed"]
