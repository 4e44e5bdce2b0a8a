"""What an operator can set, all by environment variables that start with TUYEN_."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import platformdirs


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it."""


class Settings(msgspec.Struct, frozen=True):
    """The service's settings; `from_environment` reads them."""

    data_dir: Path
    database_url: str | None = None
    """A server of one's own (the application's role); None starts the embedded cluster."""
    owner_database_url: str | None = None
    """The owner's role for migrations, where `database_url` is set."""
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 8
    """Request threads and database connections: always the same number."""
    blob_url: str | None = None
    """Where photos and voice notes are kept (any `obstore` URL); None is a folder in `data_dir`."""
    worker: bool = True
    """Whether the service does its jobs itself; else somebody runs `tuyen worker`."""
    min_free_mb: int = 512
    """With less room than this, what writes is refused; files are refused with twice of it."""
    pg_data_dir: str | None = None
    """Where a PostgreSQL of one's own on this machine keeps its data: its room is watched too."""
    access_minutes: int = 10
    refresh_days: int = 30
    refresh_idle_days: int = 14

    @property
    def blob_dir(self) -> Path:
        """The folder of stored media."""
        return self.data_dir / "blobs"

    @property
    def upload_dir(self) -> Path:
        """The folder of unfinished uploads."""
        return self.data_dir / "uploads"

    @property
    def key_dir(self) -> Path:
        """The folder of the token signing keys."""
        return self.data_dir / "keys"

    @property
    def network_dir(self) -> Path:
        """The folder of built street networks."""
        return self.data_dir / "network"

    @property
    def basemap_file(self) -> Path:
        """The basemap that tiles are read from."""
        return self.data_dir / "basemap.pmtiles"

    @property
    def package_dir(self) -> Path:
        """The folder of map packages made for phones."""
        return self.data_dir / "packages"


def default_data_dir() -> Path:
    """Return the user's data folder; for root a system folder, since homes are closed to others."""
    if os.geteuid() == 0:
        return Path("/var/lib/tuyen")
    return Path(platformdirs.user_data_dir("tuyen"))


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raise SettingsError for a value that cannot be used."""
    env = os.environ if environment is None else environment
    values: dict[str, object] = {"data_dir": Path(env.get("TUYEN_DATA_DIR") or default_data_dir())}
    for field in msgspec.structs.fields(Settings):
        text = env.get(f"TUYEN_{field.name.upper()}")
        if field.name != "data_dir" and text:
            values[field.name] = text
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("$.")[2].rstrip("`").upper()
        raise SettingsError(f"TUYEN_{name} cannot be used: {error}.") from error
    return msgspec.structs.replace(settings, data_dir=settings.data_dir.absolute())
