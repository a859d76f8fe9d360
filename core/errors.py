"""The error tree. Every error carries a code for machines and one sentence for people.

StudioError
├── InvalidSetting        an environment variable that cannot be used
├── InvalidInput          form or request values, with a sentence for each field
├── NotFound              no such item, run or page
├── StorageError          the studio's file
│   ├── UnusableDatabase  a folder, read-only, foreign, truncated
│   │   ├── NewerDatabase
│   │   ├── LostWal
│   │   └── SelfCheckFailed
│   ├── StorageBusy       try again in a moment
│   └── DiskFull
├── MediaRefused          bytes that are not what they claim, or that the decoder did not survive
├── ProcessFailed         a helper process hung or ran out of memory
│   └── ProcessDied       it ended without a word
├── LeaseLost             another worker holds the job now
└── ProviderError
    ├── UnknownModel
    ├── PredictionFailed  the provider says so, in its words
    └── PredictionLost    the provider no longer knows the prediction
"""

from collections.abc import Mapping
from typing import ClassVar


class StudioError(Exception):
    """Base of all errors that have something to say to a person."""

    code: ClassVar[str] = "internal"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class InvalidSetting(StudioError):
    """A setting from the environment that cannot be used."""

    code = "invalid_setting"

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"{name}: {sentence}")
        self.name = name


class InvalidInput(StudioError):
    """Values that a model does not take; `fields` maps each field's name to its sentence."""

    code = "invalid_input"

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


class NotFound(StudioError):
    """There is nothing under this name or number."""

    code = "not_found"


class StorageError(StudioError):
    """Something about the studio's file."""

    code = "storage"


class UnusableDatabase(StorageError):
    """The path does not lead to a studio file that can be opened."""

    code = "unusable_database"


class NewerDatabase(UnusableDatabase):
    """The file was written by a newer version of the studio."""

    code = "newer_database"


class LostWal(UnusableDatabase):
    """The file's newest changes were in a -wal file that is gone."""

    code = "lost_wal"


class SelfCheckFailed(UnusableDatabase):
    """A connection does not have the settings that keep data safe."""

    code = "self_check_failed"


class StorageBusy(StorageError):
    """The file is in use in a way that keeps us from writing now; nothing was written."""

    code = "storage_busy"


class DiskFull(StorageError):
    """No room for the write; nothing was written."""

    code = "disk_full"


class MediaRefused(StudioError):
    """Bytes that are not kept as good media."""

    code = "media_refused"


class ProcessFailed(StudioError):
    """A helper process died, hung or needed too much memory."""

    code = "process_failed"


class ProcessDied(ProcessFailed):
    """A helper process ended without a word, by itself or by a signal from outside."""

    code = "process_died"


class LeaseLost(StudioError):
    """Another worker took the job over; this one must let go of it."""

    code = "lease_lost"


class ProviderError(StudioError):
    """Something between the studio and a provider."""

    code = "provider"


class UnknownModel(ProviderError):
    """No provider offers this model."""

    code = "unknown_model"


class PredictionFailed(ProviderError):
    """The provider ended the prediction without a result."""

    code = "prediction_failed"


class PredictionLost(ProviderError):
    """The provider does not know this prediction (any more)."""

    code = "prediction_lost"
