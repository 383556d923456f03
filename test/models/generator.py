"""Tests of models that another Python writes, while earlier ones are checked."""

import functools
import shutil
import subprocess

import environments
import pytest
from check import check

ROOT = environments.root()
needs_environments = pytest.mark.skipif(
    not ROOT, reason="HAGANE_MODEL_ENVS is not set, and this is no long run")


@functools.cache
def command(environment, script, *arguments):
    return [environments.make(environment, ROOT), script, *arguments]


def listed(environment, script, *arguments):
    """The names of all models. A generator that cannot tell them ends the tests."""
    if not ROOT:
        return ["none"]
    done = subprocess.run([*command(environment, script, *arguments), "--list"],
                          capture_output=True, text=True, check=False)
    names = done.stdout.split()
    if done.returncode or not names:
        raise RuntimeError(f"{script} lists no models: {done.stderr[-2000:]}")
    return names


class Generator:
    """A script that writes models to a folder and tells of each in a line: its name, then what is
    to be said of it."""

    def __init__(self, arguments, names, out):
        self.out, self.told = out, {}
        self.process = subprocess.Popen(
            [*command(*arguments), "--out", out, "--only", *names], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)

    def wait(self, name):
        """What was told of a model."""
        while name not in self.told:
            line = self.process.stdout.readline()
            if not line:
                return f"the generator ended with {self.process.wait()} before"
            first, _, rest = line.strip().partition(" ")
            self.told[first.rstrip(":")] = rest
        return self.told[name]

    def check(self, name, work):
        """Whether a model was written, and what was told; fails if it does not compute right."""
        told, folder = self.wait(name), self.out / name
        if not (folder / "meta.json").is_file():
            return False, told
        problems = check(folder, work)
        shutil.rmtree(folder)
        assert not problems, f"{len(problems)} failures:\n" + "\n".join(problems)
        return True, told

    def end(self):
        self.process.kill()
        self.process.wait()


class Generators:
    """One for each kind of model, begun when first needed, for the tests that were chosen."""

    def __init__(self, items, out):
        self.out, self.running, self.names = out, {}, {}
        for item in items:
            model = item.callspec.params.get("model") if hasattr(item, "callspec") else None
            if model:
                self.names.setdefault(model[0], []).append(model[1])

    def get(self, arguments):
        if arguments not in self.running:
            out = self.out / str(len(self.running))
            out.mkdir()
            self.running[arguments] = Generator(arguments, self.names[arguments], out)
        return self.running[arguments]

    def end(self):
        for generator in self.running.values():
            generator.end()
