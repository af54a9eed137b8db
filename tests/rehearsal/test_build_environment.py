"""A rehearsal's build finds the package indexes that the user's own synthesis finds."""

from pathlib import Path

from porter.rehearsal.cloud.builds import environment


def test_settings_of_npm_and_uv_stay_the_users(tmp_path: Path) -> None:
    """HOME is an empty folder in a rehearsal."""
    (tmp_path / ".npmrc").touch()
    (tmp_path / ".config" / "uv").mkdir(parents=True)
    (tmp_path / ".config" / "uv" / "uv.toml").touch()
    found = environment({"HOME": str(tmp_path)})
    assert found["npm_config_userconfig"] == str(tmp_path / ".npmrc")
    assert found["UV_CONFIG_FILE"] == str(tmp_path / ".config" / "uv" / "uv.toml")
    assert "NETRC" not in found, "there is no such file"


def test_settings_that_variables_name_already_stay(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").touch()
    base = {"HOME": str(tmp_path), "npm_config_userconfig": "/etc/npmrc"}
    assert "npm_config_userconfig" not in environment(base)
