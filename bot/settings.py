"""What a deployment may set: the environment (`CUNJIAN_*`) over `cunjian.toml`."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """Every setting, with what it is when nobody sets it."""

    model_config = SettingsConfigDict(
        env_prefix="CUNJIAN_", toml_file="cunjian.toml", extra="ignore"
    )

    data: Path = Field(Path("data"), description="folder of the database and the sealed files")
    database_url: str = Field("", description="empty: SQLite in the data folder; or PostgreSQL")
    key_file: Path = Field(Path("cunjian.key"), description="the key ring; keep it elsewhere")
    bot_token: SecretStr = Field(SecretStr(""), description="from BotFather; empty: web only")
    telegram_api: str = Field("https://api.telegram.org", description="a local server, or a fake")
    webhook_url: str = Field("", description="public address of this server; empty: polling")
    webhook_secret: SecretStr = Field(SecretStr(""), description="needed with a webhook")
    http: str = Field("127.0.0.1:8787", description="host:port of pages, webhook, health")
    public_url: str = Field("", description="address of the phone page as people reach it")
    packs: list[Path] = Field([], description="further packs, the highest level first")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")

    @property
    def database(self) -> str:
        """The address of the database."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data / 'cunjian.db'}"

    @property
    def host(self) -> str:
        """Where the pages listen."""
        return self.http.rpartition(":")[0] or "127.0.0.1"

    @property
    def port(self) -> int:
        """The port the pages listen on."""
        return int(self.http.rpartition(":")[2])

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
