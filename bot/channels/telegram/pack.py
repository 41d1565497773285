"""Files on their way out: which go together in one album, and how each kind is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from telegram import (
    InlineKeyboardMarkup,
    InputFile,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    Message,
)

from bot.channels import Parcel
from bot.channels.telegram.wire import Bot

ALBUM = 10
LARGEST_PHOTO = 10 * 1024 * 1024

Media = InputMediaAudio | InputMediaDocument | InputMediaPhoto | InputMediaVideo
_MEDIA: dict[str, type[Media]] = {
    "photo": InputMediaPhoto,
    "video": InputMediaVideo,
    "audio": InputMediaAudio,
}


@dataclass(frozen=True)
class Bundle:
    """Files that go out in one message or one album: 1 to 10, of kinds that may stand together."""

    parcels: tuple[Parcel, ...]

    @property
    def pictures(self) -> bool:
        """Whether there is a photo among them."""
        return any(parcel.kind == "photo" for parcel in self.parcels)

    def as_documents(self) -> Bundle:
        """The same files, none of them shown as a picture."""
        return Bundle(tuple(replace(parcel, kind="document") for parcel in self.parcels))

    async def send(
        self,
        bot: Bot,
        chat: int,
        caption: str,
        markup: InlineKeyboardMarkup | None,
        *,
        protect: bool,
    ) -> Sequence[Message]:
        """Send them; every message of it. An album can carry no caption and no buttons here."""
        if len(self.parcels) > 1:
            media = [_media(parcel) for parcel in self.parcels]
            return await bot.send_media_group(chat, media, protect_content=protect)
        (parcel,) = self.parcels
        sends: dict[str, Callable[..., Awaitable[Message]]] = {
            "photo": bot.send_photo,
            "video": bot.send_video,
            "audio": bot.send_audio,
            "voice": bot.send_voice,
        }
        message = await sends.get(parcel.kind, bot.send_document)(
            chat,
            InputFile(parcel.body, filename=parcel.name),
            caption=caption or None,
            reply_markup=markup,
            protect_content=protect,
        )
        return [message]


def bundles(parcels: Sequence[Parcel]) -> list[Bundle]:
    """The files in their order, put together as far as Telegram allows."""
    return [
        Bundle(part)
        for _, group in groupby(map(_fit, parcels), _company)
        for part in _parts(list(group))
    ]


def _fit(parcel: Parcel) -> Parcel:
    """A picture too large to be shown as one goes as a document."""
    too_large = parcel.kind == "photo" and len(parcel.body) > LARGEST_PHOTO
    return replace(parcel, kind="document") if too_large else parcel


def _company(parcel: Parcel) -> str:
    """What it may stand with: photos with videos, documents and audio each among themselves."""
    return "shown" if parcel.kind in ("photo", "video") else parcel.kind


def _parts(group: list[Parcel]) -> Iterator[tuple[Parcel, ...]]:
    size = 1 if group[0].kind == "voice" else ALBUM
    for start in range(0, len(group), size):
        yield tuple(group[start : start + size])


def _media(parcel: Parcel) -> Media:
    file = InputFile(parcel.body, filename=parcel.name, attach=True)
    return _MEDIA.get(parcel.kind, InputMediaDocument)(file)
