"""The settings of one gateway, read once at the start from its home folder and the environment.

Order: what the command line gives, then ``LTP_…`` variables, then ``gateway.toml`` in the home folder, then
the defaults below. Every setting has a default or is found in the home folder; a partial file works.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class LogWitness(BaseModel):
    """A gateway that signs the checkpoints of our log too, with the keys of its witness."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gateway: str = Field(description="Whose witness it is: urn:ltp:gw:<token>")
    keys: tuple[str, ...] = Field(description="What ltp log init printed there under witness")


class Settings(BaseSettings):
    """One frozen value. File names are relative to ``home``."""

    model_config = SettingsConfigDict(env_prefix="LTP_", frozen=True, extra="forbid")

    home: Path = Field(description="The folder of this gateway: database, keys, directory")
    gateway: str = Field(description="Who this gateway is: urn:ltp:gw:<token>")
    host: str = Field("127.0.0.1", description="The address to listen on")
    port: int = Field(8700, ge=0, le=65535, description="The port to listen on; 0 takes a free one")
    master_key: str = Field(
        "master.key", description="File with the 32-byte key that wraps everything stored"
    )
    kek_file: Path | None = Field(
        None, description="File elsewhere with a 32-byte key that wraps the master key"
    )
    passphrase_file: Path | None = Field(None, description="File with a passphrase that wraps the master key")
    kms_key: str | None = Field(None, description="Key of a key management service that wraps the master key")
    kms_region: str | None = Field(None, description="Region of the key management service")
    kms_endpoint: str | None = Field(
        None, description="URL of the key management service, if not the usual one"
    )
    directory: str = Field(
        "directory", description="Where the directory is published: an https address, or a folder"
    )
    directory_root: str = Field(
        "directory-root.json", description="The directory's first root, which came by a way to be trusted"
    )
    directory_refresh_s: float = Field(
        3600.0, ge=1, description="How often the directory is looked at for changes"
    )
    workers: int = Field(4, ge=1, le=64, description="Deliveries under way at the same time")
    attachments_mb: int = Field(
        20_000, ge=1, description="How many megabytes all attached files may take up on this gateway's disk"
    )
    scan_command: tuple[str, ...] = Field(
        (), description="Program that scans an attached file on its standard input: 0 clean, 1 infected"
    )
    scan_clamd: str = Field("", description="ClamAV's daemon instead: unix:<path> or <host>:<port>")
    scan_timeout_s: float = Field(120.0, gt=0, description="How long the scan of one file may take")
    log_sign_s: float = Field(600.0, ge=1, description="How often the gateway's log is signed")
    log_witnesses: tuple[LogWitness, ...] = Field(
        (), description="Gateways that are asked to sign the checkpoints of this one's log"
    )
    timeout_s: float = Field(10.0, gt=0, le=25, description="How long a partner's gateway may take to answer")

    def path(self, name: str) -> Path:
        """A file of this gateway."""
        return self.home / name

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, environment, then the file in the home folder."""
        home = init_settings().get("home") or env_settings().get("home") or "."
        toml = TomlConfigSettingsSource(settings_cls, Path(home) / "gateway.toml")
        return init_settings, env_settings, toml
