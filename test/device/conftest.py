"""Fixtures: the emulated driver, and kernels compiled once per source."""

import hashlib

import pytest
from driver import Driver, compile_kernel


@pytest.fixture
def driver():
    """A fresh context."""
    made = Driver()
    yield made
    made.close()


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """Shared objects by source."""
    made = {}

    def image(source):
        key = hashlib.sha256(source.encode()).hexdigest()
        if key not in made:
            made[key] = compile_kernel(source, tmp_path_factory.mktemp("kernel"))
        return made[key]

    return image


@pytest.fixture
def run(driver, images):
    """Runs the kernel `test` of a source on arrays and numbers."""

    def launch(source, *arguments, **sizes):
        driver.run(driver.load(images(source + "\nHAGANE_ENTRY(test, Arguments)\n"), "test"),
                   *arguments, **sizes)

    return launch
