"""The tours: what the README and `locum dev` print is executed as printed, in one shell each."""

import os
import pathlib
import re
import subprocess

import pytest

from harness.drivers import Cli, make
from harness.server import binary, free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
#: Lines of the printed tour that are refused on purpose, by their beginning, with a word of the answer.
REFUSED = {
    "aws iam list-users": "AccessDenied",
    "locum assume 9": "AccessDenied",
    "locum assume 1": "AccessDenied",
    "locum assume": "",
}


class Dev:
    """`locum dev` on a port of its own, in a folder of its own."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        self.printed = folder / "printed"
        aws: Cli = make("cli1", self.url, folder)
        tools = folder / "tools"
        tools.mkdir()
        for name, target in (("locum", binary()), ("aws", aws.program)):
            (tools / name).symlink_to(target)
        python = pathlib.Path(aws.program).parent
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCUM_"))}
        self.environment = kept | {"HOME": str(folder), "PATH": f"{tools}:{python}:{os.environ['PATH']}", "SHELL": "/bin/bash", "NO_COLOR": "1"}
        with open(self.printed, "wb") as out:
            self.process = subprocess.Popen([binary(), "dev", "--listen", self.url.removeprefix("http://")], cwd=folder, env=self.environment, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        for _ in range(200):
            if "Ctrl-C" in self.text():
                return
            assert self.process.poll() is None, self.text()
            try:
                self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                pass
        raise AssertionError(f"no tour after ten seconds: {self.text()}")

    def text(self) -> str:
        """What it printed so far."""
        return self.printed.read_text(encoding="utf-8", errors="replace")

    def run(self, script: str) -> subprocess.CompletedProcess:
        """A script in bash; both outputs in one."""
        return subprocess.run(["bash", "-c", script], cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False)


@pytest.fixture
def dev(tmp_path):
    """A running `locum dev`."""
    made = Dev(tmp_path)
    yield made
    made.process.terminate()
    assert made.process.wait(15) == 0


def test_the_readme_tour(dev):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```sh tour\n(.*?)```", readme, re.DOTALL).group(1)
    block = block.replace("http://127.0.0.1:7420", dev.url)
    settings = [line for line in block.splitlines() if line.startswith("export ")]
    steps = re.findall(r"^((?:aws|locum) .*)\n#=> (.*)$", block, re.MULTILINE)
    assert len(steps) >= 4
    for command, expected in steps:
        done = dev.run("\n".join([*settings, command]))
        assert expected in done.stdout, f"{command}\n{done.stdout}"


def test_every_line_that_dev_prints_works(dev):
    lines = [line.strip() for line in dev.text().splitlines()]
    commands = [line for line in lines if re.match(r"(export|locum|aws|eval|python3) ", line)]
    commands = [line for line in commands if "--follow" not in line]
    assert len(commands) >= 12, dev.text()
    marked = "\n".join(f"echo '@@ {number}'; {line}; echo \"@@= $?\"" for number, line in enumerate((re.sub(r"\s+#.*$", "", line) for line in commands)))
    out = dev.run(marked).stdout
    for number, line in enumerate(commands):
        answer, code = re.search(rf"@@ {number}\n(.*?)@@= (\d+)", out, re.DOTALL).groups()
        word = next((word for start, word in REFUSED.items() if line.startswith(start)), None)
        if word is None:
            assert code == "0", f"{line}\n{answer}"
        else:
            # AWS CLI v1 ends with 255 where v2 and locum end with 254.
            refused = {"254", "255"} if line.startswith("aws") else {"254"}
            assert code in refused and word in answer, f"{line}: {code}\n{answer}"


def test_dev_starts_again_on_what_it_made(dev, tmp_path):
    before = (tmp_path / "locum-dev" / "dev" / "credentials").read_bytes()
    dev.process.terminate()
    assert dev.process.wait(15) == 0
    dev.process = subprocess.Popen([binary(), "dev", "--listen", dev.url.removeprefix("http://")], cwd=dev.folder, env=dev.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    assert dev.process.stdout.readline().startswith(b"ready ")
    done = dev.run(f"AWS_CONFIG_FILE=locum-dev/dev/config AWS_SHARED_CREDENTIALS_FILE=locum-dev/dev/credentials AWS_ENDPOINT_URL={dev.url} locum whoami --profile alice --format json")
    assert done.returncode == 0 and ":user/alice" in done.stdout, done.stdout
    assert (tmp_path / "locum-dev" / "dev" / "credentials").read_bytes() == before
