"""What an engine needs is loaded by who uses it, and by nobody else."""

import subprocess
import sys

import pytest

PROGRAM = "import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
ENGINES = {"ray", "dask", "distributed", "pyarrow", "redis", "valkey", "tqdm"}


def loaded(module: str) -> set[str]:
    """The packages that an import leaves loaded."""
    program = PROGRAM.format(module=module)
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return {*ran.stdout.split()}


@pytest.mark.parametrize(
    "module", ["api_openai.bulk", "api_openai.bulk.ray", "api_openai.bulk.dask"]
)
def test_no_engine_is_loaded(module: str) -> None:
    assert loaded(module) & ENGINES == set()


def test_bulk_work_in_one_process_loads_nothing_of_engines() -> None:
    program = "import sys, api_openai.bulk; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    of_engines = {"courier", "journals", "places", "recipe", "on_ray", "on_dask"}
    assert not {f"api_openai.bulk.{name}" for name in of_engines} & {*ran.stdout.split()}
