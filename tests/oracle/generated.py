"""Pairs of small policies that nearly agree, from a seed."""

import random

ACTIONS = ["s:x", "s:y", "s:x*", "s:*", "s:?y", "S:X", "*", "t:x", "s:*y*"]
RESOURCES = [
    "*",
    "arn:aws:s:::a",
    "arn:aws:s:::a*",
    "arn:aws:s:::*b",
    "arn:aws:s:r*:1:a?",
    "arn:aws:s:*:*:a:*",
    "arn:*:s:::*",
    "arn:aws:s:::a/${aws:username}",
    "arn:aws:s:::a/${aws:username}/*",
    "arn:aws:s:::${aws:username, 'b'}",
    "arn:aws:s:::a/*",
]
TEXTS = ["a", "b", "ab", "a*", "*b", "?", "*", "*a*b*", "${aws:username}"]
PLAIN = ["a", "b", "A", "ab"]
NETWORKS = ["10.0.0.0/8", "10.128.0.0/9", "10.0.0.0/9", "0.0.0.0/0", "192.0.2.1", "2001:db8::/32", "::/0"]
MOMENTS = ["2026-01-01", "2026-06-01T12:00:00Z", "2026-06-01T12:00:01Z"]
ARNS = ["arn:aws:s:::a", "arn:aws:s:::*", "arn:*:s:*::a*", "*", "arn:aws:s:::${aws:username}"]
ORDERS = ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]


class Pairs:
    """A source of pairs."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def some(self, values, most=2):
        return self.random.sample(values, self.random.randint(1, most))

    def condition(self):
        pick = self.random.choice
        suffix = pick(["", "", "IfExists"])
        kind = self.random.randrange(10)
        if kind < 3:
            base = pick(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"])
            return {base + suffix: {pick(["s:k", "aws:username"]): self.some(TEXTS)}}
        if kind == 3:
            base = pick(["StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"])
            return {base + suffix: {"s:k": self.some(PLAIN)}}
        if kind == 4:
            return {f"Numeric{pick(ORDERS)}{suffix}": {"aws:MultiFactorAuthAge": self.some(["1", "2", "2.5", "0"])}}
        if kind == 5:
            return {pick(["IpAddress", "NotIpAddress"]) + suffix: {"aws:SourceIp": self.some(NETWORKS)}}
        if kind == 6:
            return {f"Date{pick(ORDERS)}{suffix}": {"aws:CurrentTime": self.some(MOMENTS, 1)}}
        if kind == 7:
            qualifier = pick(["ForAllValues:", "ForAnyValue:", ""])
            base = pick(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"])
            return {qualifier + base + suffix: {"aws:TagKeys": self.some(["a", "b", "a*", "*"])}}
        if kind == 8:
            return {pick(["ArnLike", "ArnNotLike"]) + suffix: {"s:arn": self.some(ARNS)}}
        key = pick(["s:k", "aws:username", "aws:TagKeys", "aws:SourceIp"])
        return pick([{"Null": {key: pick(["true", "false"])}}, {"Bool" + suffix: {"aws:SecureTransport": "true"}}])

    def statement(self):
        pick = self.random.choice
        statement = {"Effect": pick(["Allow", "Allow", "Deny"])}
        statement[pick(["Action", "Action", "Action", "NotAction"])] = self.some(ACTIONS)
        statement[pick(["Resource", "Resource", "Resource", "NotResource"])] = self.some(RESOURCES)
        conditions = {}
        for _ in range(pick([0, 1, 1, 2])):
            conditions.update(self.condition())
        if conditions:
            statement["Condition"] = conditions
        return statement

    def policy(self):
        statements = [self.statement() for _ in range(self.random.randint(1, 3))]
        return {"Version": "2012-10-17", "Statement": statements}

    def changed(self, policy):
        """The same policy with a statement more, fewer, or with an element changed."""
        statements = [dict(statement) for statement in policy["Statement"]]
        change = self.random.randrange(4)
        at = self.random.randrange(len(statements))
        if change == 0:
            statements.append(self.statement())
        elif change == 1 and len(statements) > 1:
            del statements[at]
        elif change == 2:
            statements[at]["Condition"] = self.condition()
        else:
            other = self.statement()
            for names in (("Action", "NotAction"), ("Resource", "NotResource")):
                if self.random.random() < 0.5:
                    for name in names:
                        statements[at].pop(name, None)
                        if name in other:
                            statements[at][name] = other[name]
        return {"Version": "2012-10-17", "Statement": statements}

    def pair(self):
        old = self.policy()
        new = self.changed(old) if self.random.random() < 0.7 else self.policy()
        return (old, new) if self.random.random() < 0.5 else (new, old)
