"""`locum policy compare` against z3 on generated pairs of policies."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import encoding
import pytest
from generated import Pairs

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("LOCUM_BIN", str(ROOT / "target/debug/locum"))
PAIRS = int(os.environ.get("LOCUM_ORACLE_PAIRS", "300"))
SEED = int(os.environ.get("LOCUM_SEED", "1"))
Z3_MS = 5_000


def locum(folder, number, old, new):
    """The verdict of the binary."""
    files = [folder / f"{number}-{name}.json" for name in ("old", "new")]
    for file, policy in zip(files, (old, new)):
        file.write_text(json.dumps(policy))
    command = [BINARY, "policy", "compare", *map(str, files), "--kind", "identity", "--format", "json"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    answer = json.loads(ended.stdout)
    codes = {"not-more-permissive": 0, "more-permissive": 1, "unknown": 255}
    assert ended.returncode == codes[answer["verdict"]], ended.stderr
    return answer


def test_the_oracle_knows_right_from_wrong():
    """Without this a formula that is always false would agree with everything."""

    def policy(*statements):
        return {"Version": "2012-10-17", "Statement": list(statements)}

    def allow(action, resource, **conditions):
        return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": conditions}

    narrow, wide = policy(allow("s:x", "arn:p:s:::a")), policy(allow("s:*", "arn:p:s:::a*"))
    assert encoding.verdict(narrow, wide, Z3_MS) == "more-permissive"
    assert encoding.verdict(wide, narrow, Z3_MS) == "not-more-permissive"
    home = policy(allow("s:x", "arn:p:s:::a/${aws:username}/*"))
    all_homes = policy(allow("s:x", "arn:p:s:::a/*"))
    assert encoding.verdict(home, all_homes, Z3_MS) == "more-permissive"
    assert encoding.verdict(all_homes, home, Z3_MS) == "not-more-permissive"
    some = policy(allow("s:x", "*", **{"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}))
    every = policy(allow("s:x", "*", **{"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}))
    assert encoding.verdict(some, every, Z3_MS) == "more-permissive"
    assert encoding.verdict(every, some, Z3_MS) == "more-permissive"


@pytest.mark.timeout(600)
def test_generated_pairs_compare_as_z3_says(tmp_path):
    source = Pairs(SEED)
    pairs = [source.pair() for _ in range(PAIRS)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda n: locum(tmp_path, n, *pairs[n]), range(PAIRS)))
    counts, wrong = {}, []
    for number, ((old, new), answer) in enumerate(zip(pairs, answers)):
        expected = encoding.verdict(old, new, Z3_MS)
        found = answer["verdict"]
        counts[expected, found] = counts.get((expected, found), 0) + 1
        if "unknown" not in (expected, found) and expected != found:
            wrong.append(f"pair {number}: z3 {expected}\n old {json.dumps(old)}\n new {json.dumps(new)}\n {answer}")
    print(counts)
    assert not wrong, "\n".join(wrong)
    unknown = sum(count for (_, found), count in counts.items() if found == "unknown")
    undecided = sum(count for (expected, _), count in counts.items() if expected == "unknown")
    assert unknown <= PAIRS // 50, counts
    assert undecided <= PAIRS // 10, counts
    assert min(counts.get((v, v), 0) for v in ("more-permissive", "not-more-permissive")) > PAIRS // 10, counts
