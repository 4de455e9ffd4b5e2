"""The settings: read once, refused when wrong, silent about secrets."""

from __future__ import annotations

import dataclasses
import stat
from pathlib import Path

import pytest

from begat.config import Settings, is_loopback
from begat.core.errors import Code, Problem


def refused(**environ: str) -> Problem:
    with pytest.raises(Problem) as caught:
        Settings.read(environ)
    assert caught.value.code is Code.BAD_INPUT
    return caught.value


def test_without_an_environment_there_are_defaults() -> None:
    settings = Settings.read({})
    assert settings.home == Path.home() / ".begat"
    assert settings.tables == settings.home / "tables"
    assert (settings.platform, settings.auth, settings.log) == ("local", None, "json")
    assert settings.max_body == 2 * 1024 * 1024
    assert (settings.neo4j_uri, settings.neo4j_username) == (None, "neo4j")


def test_every_setting_is_read() -> None:
    settings = Settings.read(
        {
            "BEGAT_HOME": "~/b",
            "BEGAT_TABLES": "/data/../tables",
            "BEGAT_PLATFORM": "local",
            "BEGAT_AUTH": "tokens",
            "BEGAT_CHAT_URL": "http://127.0.0.1:9/v1",
            "BEGAT_CHAT_KEY": "k",
            "BEGAT_JAVA_OPTIONS": "-Xmx4g '-Da=b c'",
            "BEGAT_LOG": "text",
            "BEGAT_MAX_BODY": "5000",
            "NEO4J_URI": "neo4j+s://db.example:7687",
            "NEO4J_USERNAME": "u",
            "NEO4J_PASSWORD": "p",
            "NEO4J_DATABASE": "d",
        }
    )
    assert settings == Settings(
        home=Path.home() / "b",
        tables=Path("/tables"),
        auth="tokens",
        chat_url="http://127.0.0.1:9/v1",
        chat_key="k",
        java_options=("-Xmx4g", "-Da=b c"),
        log="text",
        max_body=5000,
        neo4j_uri="neo4j+s://db.example:7687",
        neo4j_username="u",
        neo4j_password="p",
        neo4j_database="d",
    )


def test_an_empty_variable_counts_as_unset() -> None:
    assert Settings.read({"BEGAT_AUTH": "", "NEO4J_URI": " ", "BEGAT_HOME": ""}) == Settings.read({})


@pytest.mark.parametrize(
    ("name", "nearest"), [("BEGAT_TABELS", "BEGAT_TABLES"), ("BEGAT_CHAT_API_KEY", "BEGAT_CHAT_KEY")]
)
def test_an_unknown_setting_is_refused_with_the_nearest_known(name: str, nearest: str) -> None:
    problem = refused(**{name: "x"})
    assert name in problem.message
    assert problem.path == (name,)
    assert problem.hint
    assert f"Did you mean {nearest}?" in problem.hint


def test_other_programs_variables_and_the_tests_own_do_not_matter() -> None:
    environ = {"PATH": "/bin", "BEGATX": "1", "BEGAT_REQUIRE_BROWSER": "1", "BEGAT_TEST_DATABASES": "neo4j"}
    assert Settings.read(environ) == Settings.read({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BEGAT_PLATFORM", "databricks"),
        ("BEGAT_AUTH", "yes"),
        ("BEGAT_JAVA_OPTIONS", "-Xmx4g Xms1g"),
        ("BEGAT_JAVA_OPTIONS", "-Da='b"),
        ("BEGAT_LOG", "xml"),
        ("BEGAT_MAX_BODY", "2MB"),
        ("BEGAT_MAX_BODY", "-1"),
        ("BEGAT_MAX_BODY", "9" * 5000),
        ("BEGAT_MAX_BODY", "٣٣٣٣"),
        ("BEGAT_CHAT_URL", "ftp://a"),
        ("BEGAT_CHAT_URL", "localhost:80"),
        ("BEGAT_CHAT_URL", "http://[::1"),
        ("NEO4J_URI", "http://db"),
        ("NEO4J_URI", "bolt://"),
        ("NEO4J_URI", "bolt://db:notaport"),
    ],
)
def test_a_bad_value_is_refused_by_its_name(name: str, value: str) -> None:
    assert refused(**{name: value}).path == (name,)


def test_another_platform_is_told_what_there_is() -> None:
    assert "only platform today is local" in refused(BEGAT_PLATFORM="databricks").message


@pytest.mark.parametrize("name", ["NEO4J_URI", "BEGAT_CHAT_URL"])
def test_a_password_inside_an_address_is_refused_and_not_repeated(name: str) -> None:
    scheme = "bolt" if name == "NEO4J_URI" else "https"
    problem = refused(**{name: f"{scheme}://me:hunter2@db"})
    assert "hunter2" not in f"{problem.message} {problem.hint}"


def test_secrets_are_in_no_repr() -> None:
    settings = Settings.read({"NEO4J_PASSWORD": "hunter2", "BEGAT_CHAT_KEY": "sk-hunter3"})
    assert "hunter" not in f"{settings!r} {settings}"
    assert settings.secrets == ("sk-hunter3", "hunter2")


def test_settings_never_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings.read({}).log = "text"  # type: ignore[misc]


class TestTheHome:
    def mode(self, path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    def test_is_made_for_its_owner_only_with_the_tables_in_it(self, tmp_path: Path) -> None:
        settings = Settings.read({"BEGAT_HOME": str(tmp_path / "a" / "home")})
        assert settings.make_home() == tmp_path / "a" / "home"
        assert self.mode(settings.home) == 0o700
        assert settings.tables.is_dir()
        settings.make_home()

    def test_does_not_make_a_tables_folder_that_lies_elsewhere(self, tmp_path: Path) -> None:
        Settings.read({"BEGAT_HOME": str(tmp_path / "h"), "BEGAT_TABLES": str(tmp_path / "t")}).make_home()
        assert not (tmp_path / "t").exists()

    def test_closes_an_empty_folder_that_was_open(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        home.mkdir()
        home.chmod(0o755)
        Settings.read({"BEGAT_HOME": str(home)}).make_home()
        assert self.mode(home) == 0o700

    def test_refuses_an_open_folder_with_other_peoples_files_and_leaves_it_so(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        home.mkdir()
        Path(home, "theirs").touch()
        home.chmod(0o755)
        with pytest.raises(Problem) as caught:
            Settings.read({"BEGAT_HOME": str(home)}).make_home()
        assert caught.value.hint
        assert f"chmod 700 {home}" in caught.value.hint
        assert self.mode(home) == 0o755

    def test_that_is_a_file_is_refused(self, tmp_path: Path) -> None:
        Path(tmp_path, "file").touch()
        with pytest.raises(Problem, match="cannot be used"):
            Settings.read({"BEGAT_HOME": str(tmp_path / "file")}).make_home()


OPEN = ["0.0.0.0", "::", "10.0.0.1", "example.org", "", "localhost.example.org", "128.0.0.1"]  # noqa: S104
CLOSED = ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LocalHost"]


@pytest.mark.parametrize("host", CLOSED)
def test_one_user_may_listen_on_loopback(host: str) -> None:
    assert is_loopback(host)
    Settings.read({}).check_host(host)


@pytest.mark.parametrize("host", OPEN)
def test_one_user_may_listen_nowhere_else_and_is_told_what_to_do(host: str) -> None:
    with pytest.raises(Problem) as caught:
        Settings.read({}).check_host(host)
    assert caught.value.code is Code.FORBIDDEN
    assert caught.value.hint
    assert "BEGAT_AUTH=tokens" in caught.value.hint


@pytest.mark.parametrize("host", [*CLOSED, *OPEN])
def test_with_tokens_every_address_will_do(host: str) -> None:
    Settings.read({"BEGAT_AUTH": "tokens"}).check_host(host)
