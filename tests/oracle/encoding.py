"""Policies as formulas for z3, written from the language's reference and from nothing of Locum.

A request is: an action (service and name, lower case), a resource (`*`, or an ARN by its parts), and under each
condition key nothing, a value, or up to four values. A condition is two formulas: that it holds, and that it does not
fail; between them lies trouble, under which an Allow does not match and a Deny does.
"""

import ipaddress
import re
from datetime import datetime, timezone

import z3

VALUES_MAX = 4
NAME = z3.Plus(z3.Union(z3.Range("a", "z"), z3.Range("0", "9"), z3.Re("-"), z3.Re("_"), z3.Re(".")))
ANY = z3.AllChar(z3.ReSort(z3.StringSort()))
NO_COLON = z3.Diff(ANY, z3.Re(":"))
NUMBERS = {"aws:multifactorauthage"}
DATES = {"aws:currenttime"}
ADDRESSES = {"aws:sourceip"}
BOOLEANS = {"aws:securetransport"}
# Keys that no catalogue lists may have several values as well as one.
MULTI = {"aws:tagkeys", "s:k"}


def glob(pattern, one=ANY):
    """The regular expression of a pattern with `*` and `?`."""
    parts = [z3.Star(one) if c == "*" else one if c == "?" else z3.Re(c) for c in pattern]
    if not parts:
        return z3.Re("")
    return parts[0] if len(parts) == 1 else z3.Concat(*parts)


class Request:
    """The unknowns of one request, made as the policies ask for them."""

    def __init__(self):
        self.rules = []
        self.service, self.name = z3.String("service"), z3.String("name")
        self.rules += [z3.InRe(self.service, NAME), z3.InRe(self.name, NAME)]
        self.no_resource = z3.Bool("no_resource")
        self.resource = self.arn("resource")
        self.keys = {}

    def arn(self, name):
        """The five parts behind `arn:`; partition, service and resource are never empty."""
        parts = [z3.String(f"{name}_{index}") for index in range(5)]
        for index, part in enumerate(parts):
            if index < 4:
                self.rules.append(z3.InRe(part, z3.Star(NO_COLON)))
            if index in (0, 1, 4):
                self.rules.append(z3.Length(part) > 0)
        return parts

    def key(self, name):
        """What the request holds under a key: whether it is there, and its values."""
        name = name.lower()
        if name in self.keys:
            return self.keys[name]
        present = z3.Bool(f"{name}?")
        if name in NUMBERS:
            value = z3.Int(name)
            self.rules.append(value >= 0)
        elif name in DATES:
            value = z3.Int(name)
        elif name in BOOLEANS:
            value = z3.Bool(name)
        elif name in ADDRESSES:
            value = (z3.Bool(f"{name}_6"), z3.BitVec(f"{name}_v4", 32), z3.BitVec(f"{name}_v6", 128))
            # The block of mapped addresses is v4.
            self.rules.append(z3.Extract(127, 32, value[2]) != 0xFFFF)
        elif name == "s:arn":
            value = [
                (z3.Bool(f"{name}_{n}?"), (z3.Bool(f"{name}_{n}_arn"), self.arn(f"{name}_{n}")))
                for n in range(VALUES_MAX)
            ]
            self.rules.append(z3.Implies(present, z3.Or(*[there for there, _ in value])))
        elif name in MULTI:
            value = [(z3.Bool(f"{name}_{n}?"), z3.String(f"{name}_{n}")) for n in range(VALUES_MAX)]
            self.rules.append(z3.Implies(present, z3.Or(*[there for there, _ in value])))
        else:
            value = z3.String(name)
        self.keys[name] = (present, value)
        return self.keys[name]


VARIABLE = re.compile(r"\$\{([^},]+)(?:, '([^']*)')?\}")


def text_matches(request, pattern, value, one=ANY, wild=True):
    """Whether a string matches a pattern, which may hold one variable behind plain text."""
    found = VARIABLE.search(pattern)
    if found is None:
        return z3.InRe(value, glob(pattern, one)) if wild else value == z3.StringVal(pattern)
    before, after = pattern[: found.start()], pattern[found.end() :]
    assert "*" not in before and "?" not in before and VARIABLE.search(after) is None
    present, variable = request.key(found.group(1))

    def with_value(inner):
        head = z3.Concat(z3.StringVal(before), inner)
        rest = z3.SubString(value, z3.Length(head), z3.Length(value) - z3.Length(head))
        tail = z3.InRe(rest, glob(after, one)) if wild else rest == z3.StringVal(after)
        return z3.And(z3.PrefixOf(head, value), tail)

    missing = z3.BoolVal(False) if found.group(2) is None else with_value(z3.StringVal(found.group(2)))
    return z3.If(present, with_value(variable), missing)


def split_arn(pattern):
    """The parts of a pattern; colons inside a variable do not count."""
    parts = [""]
    depth = 0
    for position, c in enumerate(pattern):
        depth += pattern.startswith("${", position)
        depth -= c == "}" and depth > 0
        if c == ":" and depth == 0 and len(parts) < 6:
            parts.append("")
        else:
            parts[-1] += c
    assert len(parts) == 6 and parts[0] == "arn", pattern
    return parts[1:]


def arn_matches(request, pattern, parts):
    ones = [NO_COLON] * 4 + [ANY]
    split = split_arn(pattern)
    return z3.And(*[text_matches(request, p, part, one) for p, part, one in zip(split, parts, ones)])


def unresolved(request, pattern, parts):
    """Whether a pattern fails for want of a variable's value alone."""
    found = VARIABLE.search(pattern)
    if found is None or found.group(2) is not None:
        return z3.BoolVal(False)
    present, _ = request.key(found.group(1))
    split = ["*" if VARIABLE.search(part) else part for part in split_arn(pattern)]
    ones = [NO_COLON] * 4 + [ANY]
    others = [z3.InRe(part, glob(p, one)) for p, part, one in zip(split, parts, ones)]
    return z3.And(z3.Not(present), *others)


def actions(request, items):
    tests = []
    for item in items:
        if item in ("*", "*:*"):
            tests.append(z3.BoolVal(True))
            continue
        service, name = item.lower().split(":")
        tests.append(z3.And(request.service == z3.StringVal(service), z3.InRe(request.name, glob(name))))
    return z3.Or(*tests)


def resources(request, items, negated):
    """That the element matches, and that it does not fail."""
    tests, open_tests = [], []
    for item in items:
        if item == "*":
            tests.append(z3.BoolVal(True))
            continue
        is_arn = z3.Not(request.no_resource)
        tests.append(z3.And(is_arn, arn_matches(request, item, request.resource)))
        open_tests.append(z3.And(is_arn, unresolved(request, item, request.resource)))
    matched = z3.Or(*tests)
    if not negated:
        return matched, matched
    return z3.And(z3.Not(matched), z3.Not(z3.Or(*open_tests))), z3.Not(matched)


ORDERS = {
    "Equals": lambda a, b: a == b,
    "NotEquals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}


def seconds(text):
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int((moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp())


def in_network(value, text):
    six, v4, v6 = value
    network = ipaddress.ip_network(text, strict=False)
    first = int(network.network_address)
    if network.version == 4:
        mask = int(network.netmask)
        return z3.And(z3.Not(six), v4 & z3.BitVecVal(mask, 32) == z3.BitVecVal(first, 32))
    mask = int(network.netmask)
    return z3.And(six, v6 & z3.BitVecVal(mask, 128) == z3.BitVecVal(first, 128))


def one_value(request, base, key, operands, value):
    """Whether one value matches any operand, and whether it can be read; not yet negated."""
    readable = z3.BoolVal(True)
    if base.startswith("Numeric"):
        order = ORDERS[base.removeprefix("Numeric")]
        tests = [order(z3.ToReal(value), z3.RealVal(operand)) for operand in operands]
    elif base.startswith("Date"):
        order = ORDERS[base.removeprefix("Date")]
        tests = [order(value, z3.IntVal(seconds(operand))) for operand in operands]
    elif base in ("IpAddress", "NotIpAddress"):
        tests = [in_network(value, operand) for operand in operands]
    elif base == "Bool":
        tests = [value == z3.BoolVal(operand.lower() == "true") for operand in operands]
    elif base.startswith("Arn"):
        readable, parts = value
        tests = [z3.BoolVal(True) if o == "*" else arn_matches(request, o, parts) for o in operands]
    elif "IgnoreCase" in base:
        either = [[z3.Union(z3.Re(c.lower()), z3.Re(c.upper())) for c in operand] for operand in operands]
        tests = [z3.InRe(value, z3.Concat(*cs) if len(cs) > 1 else cs[0]) for cs in either]
    else:
        wild = "Like" in base
        tests = [text_matches(request, operand, value, wild=wild) for operand in operands]
    return z3.Or(*tests), readable


def condition(request, operator, key, operands):
    """That a condition holds, and that it does not fail."""
    qualifier, _, rest = operator.rpartition(":")
    base = rest.removesuffix("IfExists")
    lenient = rest.endswith("IfExists")
    present, value = request.key(key)
    if base == "Null":
        wants = [z3.Not(present) if operand.lower() == "true" else present for operand in operands]
        return z3.Or(*wants), z3.Or(*wants)
    negated = "Not" in base
    missing = lenient or qualifier == "ForAllValues" or (negated and qualifier != "ForAnyValue")

    def signed(one):
        matched, readable = one_value(request, base, key, operands, one)
        holds = z3.Not(matched) if negated else matched
        return z3.And(readable, holds), z3.Or(z3.Not(readable), holds)

    if isinstance(value, list):
        each = [(there, *signed(one)) for there, one in value]
        every = [z3.And(*[z3.Implies(there, test[n]) for there, *test in each]) for n in (0, 1)]
        some = [z3.And(there, test[0]) for there, *test in each], [z3.And(there, test[1]) for there, *test in each]
        empty = z3.BoolVal(False)
        if qualifier:
            empty = z3.And(*[z3.Implies(there, one == z3.StringVal("")) for there, one in value])
        if qualifier == "ForAllValues":
            holds, lasts = (z3.Or(empty, test) for test in every)
        elif qualifier == "ForAnyValue":
            holds, lasts = (z3.And(z3.Not(empty), z3.Or(*tests)) for tests in some)
        elif negated:
            # All values agree, or it is in trouble.
            holds, lasts = every[0], z3.Or(*some[1])
        else:
            holds, lasts = z3.Or(*some[0]), z3.Or(*some[1])
    else:
        holds, lasts = signed(value)
        if qualifier and value.sort() == z3.StringSort():
            empty = value == z3.StringVal("")
            null = z3.BoolVal(qualifier == "ForAllValues")
            holds, lasts = z3.If(empty, null, holds), z3.If(empty, null, lasts)
    known = z3.BoolVal(missing)
    return z3.If(present, holds, known), z3.If(present, lasts, known)


def listed(value):
    return value if isinstance(value, list) else [value]


def allows(request, policy):
    """That an identity policy allows the request."""
    permits, refusals = [], []
    for statement in policy["Statement"]:
        negated = "NotAction" in statement
        action = actions(request, listed(statement.get("NotAction" if negated else "Action")))
        pairs = [(z3.Not(action), z3.Not(action)) if negated else (action, action)]
        negated = "NotResource" in statement
        items = listed(statement.get("NotResource" if negated else "Resource"))
        pairs.append(resources(request, items, negated))
        for operator, keys in statement.get("Condition", {}).items():
            pairs += [condition(request, operator, key, listed(values)) for key, values in keys.items()]
        if statement["Effect"] == "Allow":
            permits.append(z3.And(*[holds for holds, _ in pairs]))
        else:
            refusals.append(z3.And(*[lasts for _, lasts in pairs]))
    return z3.And(z3.Or(*permits), z3.Not(z3.Or(*refusals)))


def verdict(old, new, milliseconds):
    """`more-permissive` or `not-more-permissive`, or `unknown` when z3 gives up."""
    request = Request()
    solver = z3.Solver()
    solver.set("timeout", milliseconds)
    difference = z3.And(allows(request, new), z3.Not(allows(request, old)))
    solver.add(difference, *request.rules)
    found = solver.check()
    if found == z3.sat:
        return "more-permissive"
    return "not-more-permissive" if found == z3.unsat else "unknown"
