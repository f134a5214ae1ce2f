"""Access keys and sessions; each one made is remembered, so that the last test can look for leaks."""

import dataclasses
import json
import os

#: Secret access keys and session tokens seen in this run.
SECRETS: set[str] = set()
TOKENS: set[str] = set()
#: Passwords and seeds of MFA devices.
HIDDEN: set[str] = set()


@dataclasses.dataclass(frozen=True)
class Credentials:
    """What a request is signed with."""

    access_key_id: str
    secret: str
    token: str | None = None

    def __post_init__(self):
        SECRETS.add(self.secret)
        if self.token:
            TOKENS.add(self.token)

    @classmethod
    def of(cls, answer: dict) -> "Credentials":
        """From an answer's `Credentials` or `AccessKey`, or from what `locum` prints."""
        return cls(answer["AccessKeyId"], answer["SecretAccessKey"], answer.get("SessionToken"))

    @classmethod
    def read(cls, path: str) -> "Credentials":
        """From a file in the format of `credential_process`."""
        with open(path, encoding="utf-8") as file:
            return cls.of(json.load(file))

    def replace(self, **changes) -> "Credentials":
        """A copy with some parts changed; what it holds is not a secret of the product."""
        copy = object.__new__(Credentials)
        for field in dataclasses.fields(self):
            object.__setattr__(copy, field.name, changes.get(field.name, getattr(self, field.name)))
        return copy

    def environment(self) -> dict[str, str]:
        """As the SDKs' variables; what the surroundings may have set is left out."""
        variables = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "LOCUM_"))
        }
        variables["AWS_ACCESS_KEY_ID"] = self.access_key_id
        variables["AWS_SECRET_ACCESS_KEY"] = self.secret
        if self.token:
            variables["AWS_SESSION_TOKEN"] = self.token
        return variables
