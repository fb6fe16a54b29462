"""The tables of the API in the pages are those of the operations."""

from pathlib import Path

from codegen import api_table

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_pages_are_in_step() -> None:
    assert not api_table.changed(ROOT), "run python -m codegen"


def test_another_text_is_noticed(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (tmp_path / "README.md").write_text(readme.replace("`create`", "`make`"), encoding="utf-8")
    found = api_table.changed(tmp_path)
    assert set(found) == {"README.md", "docs/api.md"}
    assert found["README.md"] == readme


def test_every_method_has_its_line() -> None:
    page = api_table.page(api_table.blueprints())
    assert page.count("\n| `") == len(api_table.blueprints()) == 388
    assert "| `files.create` | `POST /files`, multipart | `FileObject` |" in page
    assert (
        "| `admin.organization.users.delete`\\* | `DELETE /organization/users/{user_id}` |" in page
    )
    assert "| `models.list` | `GET /models` | pages of `Model` |" in page
