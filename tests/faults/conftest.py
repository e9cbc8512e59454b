"""Notes for each test of which line of the list it is, and by which error it failed; read by `on_old_version`."""

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    if call.excinfo is not None or call.when == "call":
        lines = [mark.args[0] for mark in item.iter_markers("fault")]
        error = "" if call.excinfo is None else call.excinfo.type.__name__
        item.user_properties += [("line", ", ".join(lines)), ("error", error)]
    return (yield)
